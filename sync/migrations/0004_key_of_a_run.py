from django.db import migrations, models


class Migration(migrations.Migration):
    """A key in reserve proves itself in one whole run, so a run keeps in mind which key it began with."""

    dependencies = [("sync", "0003_stretches")]

    operations = [
        migrations.AddField(
            model_name="run",
            name="credential",
            field=models.UUIDField(null=True),
        ),
    ]

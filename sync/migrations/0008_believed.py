from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sync", "0007_broken_pulls")]

    operations = [
        migrations.AddField(
            model_name="incident",
            name="believed",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]

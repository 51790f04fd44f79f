from django.db import migrations, models


class Migration(migrations.Migration):
    """What is asked for while a run is under way becomes a run of its own after it."""

    dependencies = [
        ("sync", "0002_runs_for_staff"),
    ]

    operations = [
        migrations.RemoveField(
            model_name="run",
            name="widened",
        ),
        migrations.AddField(
            model_name="run",
            name="then",
            field=models.JSONField(default=list),
        ),
    ]

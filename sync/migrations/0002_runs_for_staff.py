from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sync", "0001_runs")]

    operations = [
        migrations.AddIndex(
            model_name="run",
            index=models.Index(fields=["-created_at", "-id"], name="runs_newest"),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                fields=["finished_at", "exchange"],
                condition=models.Q(("state", "failed")),
                name="runs_failed",
            ),
        ),
    ]

from django.db import migrations, models


class Migration(migrations.Migration):
    """Staff look through everybody's in the order of time."""

    dependencies = [("accounts", "0003_email_changes")]

    operations = [
        migrations.AddIndex("notice", models.Index(fields=["-created_at", "-id"], name="notices_of_all")),
    ]

from django.db import migrations, models


class Migration(migrations.Migration):
    """Staff look through everybody's in the order of time."""

    dependencies = [("ledger", "0024_duplicates_undecided")]

    operations = [
        migrations.AddIndex("importfile", models.Index(fields=["-created_at", "-id"], name="imports_of_all")),
        migrations.AddIndex("bulkedit", models.Index(fields=["-asked_at", "-id"], name="bulk_edits_of_all")),
    ]

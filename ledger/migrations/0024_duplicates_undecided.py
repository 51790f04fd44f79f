from django.db import migrations, models

KINDS = [
    ("same", "Same"),
    ("different", "Different"),
    ("linked", "Linked"),
    ("apart", "Apart"),
    ("unsaid", "Unsaid"),
    ("undecided", "Undecided"),
]


class Migration(migrations.Migration):
    """Several duplicates that were decided at once are taken back as one, and are asked about again."""

    dependencies = [("ledger", "0023_batches_of_decisions")]

    operations = [migrations.AlterField("decision", "kind", models.CharField(max_length=9, choices=KINDS))]

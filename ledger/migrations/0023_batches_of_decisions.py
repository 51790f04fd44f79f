from django.db import migrations, models

KINDS = [("same", "Same"), ("different", "Different"), ("linked", "Linked"), ("apart", "Apart"), ("unsaid", "Unsaid")]


class Migration(migrations.Migration):
    """Several decided at once are taken back as one, and then nobody has said anything about them."""

    dependencies = [("ledger", "0022_indexes_of_open_ends")]

    operations = [
        migrations.AlterField("decision", "kind", models.CharField(max_length=9, choices=KINDS)),
        migrations.AddField("decision", "batch", models.UUIDField(null=True)),
        migrations.AddIndex(
            "decision",
            models.Index(
                fields=["batch"], condition=models.Q(("batch__isnull", False)), name="decisions_of_batch"
            ),
        ),
    ]

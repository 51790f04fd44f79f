from django.db import migrations, models


class Migration(migrations.Migration):
    """What has no other end is found without walking through all that is linked."""

    dependencies = [("ledger", "0021_replies_that_told_something")]

    operations = [
        migrations.AddIndex(
            model_name="decision",
            index=models.Index(
                fields=["owner", "one", "other"], condition=models.Q(("kind", "linked")), name="links_by_one"
            ),
        ),
        migrations.AddIndex(
            model_name="decision",
            index=models.Index(
                fields=["owner", "other", "one"], condition=models.Q(("kind", "linked")), name="links_by_other"
            ),
        ),
        migrations.AddIndex(
            model_name="transaction",
            index=models.Index(
                fields=["owner", "-occurred_at", "-id"],
                condition=models.Q(("kind", "transfer"), models.Q(("ruled__contains", ["kind"]), _negated=True)),
                name="transfers_not_by_links",
            ),
        ),
    ]

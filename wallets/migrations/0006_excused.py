from django.db import migrations, models


class Migration(migrations.Migration):
    """What a key failed of while its exchange was in trouble is kept beside what its wallet shows."""

    dependencies = [("wallets", "0005_keys_in_reserve")]

    operations = [
        migrations.AddField(
            model_name="wallet",
            name="excused",
            field=models.CharField(blank=True, db_default="", default="", max_length=24),
        ),
        migrations.AddIndex(
            model_name="wallet",
            index=models.Index(condition=models.Q(("excused", ""), _negated=True), fields=["exchange"], name="wallets_excused"),
        ),
    ]

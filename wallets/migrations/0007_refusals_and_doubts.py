from django.db import migrations, models


class Migration(migrations.Migration):
    """How often a key was refused since it last answered, and how often one in reserve got an answer that may be none
    of its fault.
    """

    dependencies = [("wallets", "0006_excused")]

    operations = [
        migrations.AddField(
            model_name="wallet",
            name="refusals",
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="credential",
            name="doubts",
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
    ]

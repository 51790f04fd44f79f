from django.db import migrations, models


class Migration(migrations.Migration):
    """Why a key in reserve failed stands beside it, for it is not the wallet's own trouble."""

    dependencies = [("wallets", "0004_connections_of_owner")]

    operations = [
        migrations.AddField(
            model_name="credential",
            name="cause",
            field=models.CharField(blank=True, db_default="", default="", max_length=24),
        ),
        migrations.AddField(
            model_name="credential",
            name="cause_right",
            field=models.CharField(blank=True, db_default="", default="", max_length=80),
        ),
    ]

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0010_prices'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='sourcerow',
            index=models.Index(fields=['wallet', 'id'], name='rows_in_turn'),
        ),
    ]

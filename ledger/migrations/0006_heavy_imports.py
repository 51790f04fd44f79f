from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0005_sightings_of_row'),
    ]

    operations = [
        migrations.AddField(
            model_name='importfile',
            name='heavy',
            field=models.BooleanField(default=False),
        ),
    ]

import django.db.models.deletion
import ledger.models.exact
import ledger.models.gains
from django.db import migrations, models


# What was reckoned before this stays in force, so its sums are made here, also for looks at another country.
DAYS = """
    INSERT INTO ledger_daysum (reckoning_id, year, asset, days, gains, losses)
    SELECT reckoning_id, year, asset, count(*), sum(greatest(gain, 0)), sum(greatest(-gain, 0)) FROM (
        SELECT reckoning_id, year, asset, sum(proceeds - cost + adjustment) AS gain
        FROM ledger_match JOIN ledger_reckoning AS r ON r.id = reckoning_id
        WHERE counts AND r.settings->>'regimes' LIKE '%"GB"%'
        GROUP BY reckoning_id, year, asset, day
    ) AS days GROUP BY reckoning_id, year, asset
"""


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0013_sums_of_income_and_findings'),
    ]

    operations = [
        migrations.CreateModel(
            name='DaySum',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('year', models.PositiveSmallIntegerField()),
                ('asset', models.CharField(max_length=64)),
                ('days', models.PositiveIntegerField()),
                ('gains', ledger.models.exact.ExactField(decimal_places=36, max_digits=1000)),
                ('losses', ledger.models.exact.ExactField(decimal_places=36, max_digits=1000)),
                ('reckoning', ledger.models.gains.OfReckoning(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='day_sums', to='ledger.reckoning')),
            ],
            options={
                'indexes': [models.Index(fields=['reckoning', 'year', 'asset'], name='day_sums_of_year')],
            },
        ),
        migrations.RunSQL(DAYS, migrations.RunSQL.noop),
    ]

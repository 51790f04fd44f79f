import django.db.models.deletion
from django.db import migrations, models

# Replies in which every row was known already. They say what an earlier one says.
TOLD_NOTHING = """
    DELETE FROM ledger_rawpage AS page
    WHERE NOT EXISTS (SELECT 1 FROM ledger_sourcerow AS row WHERE row.page_id = page.id)
"""


class Migration(migrations.Migration):
    """A reply is kept where it brought a row, and goes with its wallet: the database looked through all rows of
    everybody for each one that went.
    """

    dependencies = [("ledger", "0020_reported_days")]

    operations = [
        migrations.AlterField(
            model_name="sourcerow",
            name="page",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="ledger.rawpage",
            ),
        ),
        migrations.RunSQL(TOLD_NOTHING, migrations.RunSQL.noop),
    ]

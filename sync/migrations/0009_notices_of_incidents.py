from django.db import migrations

# What is open is closed by the exchange it is about, from now on.
BY_EXCHANGE = """
    UPDATE accounts_notice AS notice SET topic = incident.exchange
    FROM sync_incident AS incident
    WHERE notice.kind = 'incident' AND notice.topic = incident.id::text
"""


class Migration(migrations.Migration):
    """A notice of an incident is about its exchange: one that ends and begins again is the same to its owners."""

    dependencies = [("sync", "0008_believed"), ("accounts", "0002_trail_of_one_thing")]

    operations = [migrations.RunSQL(BY_EXCHANGE, migrations.RunSQL.noop)]

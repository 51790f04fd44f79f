import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models

from config.create_models import CreateModels


class Migration(migrations.Migration):
    """All tables of a new database at once, in place of the chain below, which those that began with it go on with.

    Left out is what the chain did to rows that were there: pulls under way, and the topics of open notices. Once no
    database stands within the chain its files go, and `replaces` with them.
    """

    replaces = [
        ('sync', '0001_runs'),
        ('sync', '0002_runs_for_staff'),
        ('sync', '0003_stretches'),
        ('sync', '0004_key_of_a_run'),
        ('sync', '0005_walks'),
        ('sync', '0006_sides_held'),
        ('sync', '0007_broken_pulls'),
        ('sync', '0008_believed'),
        ('sync', '0009_notices_of_incidents'),
    ]

    initial = True

    dependencies = [
        ('accounts', '0002_trail_of_one_thing'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('ledger', '0001_source_rows'),
        ('wallets', '0003_lists_of_wallets'),
    ]

    operations = [
        CreateModels(
            operations=[
                migrations.CreateModel(
                    name='HeldExchange',
                    fields=[
                        ('exchange', models.CharField(max_length=32, primary_key=True, serialize=False)),
                        ('why', models.CharField(max_length=200)),
                        ('held_at', models.DateTimeField()),
                    ],
                ),
                migrations.CreateModel(
                    name='Incident',
                    fields=[
                        ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ('exchange', models.CharField(max_length=32)),
                        ('cause', models.CharField(max_length=24)),
                        ('owners', models.PositiveIntegerField()),
                        ('began_at', models.DateTimeField()),
                        ('probed_at', models.DateTimeField(null=True)),
                        ('ended_at', models.DateTimeField(null=True)),
                        ('believed', models.BooleanField(db_default=False, default=False)),
                    ],
                    options={
                        'indexes': [models.Index(models.OrderBy(models.F('began_at'), descending=True), name='incidents_latest')],
                        'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('exchange',), name='one_open_incident')],
                    },
                ),
                migrations.CreateModel(
                    name='Run',
                    fields=[
                        ('not_before', models.DateTimeField()),
                        ('attempts', models.PositiveIntegerField(default=0)),
                        ('lease_token', models.UUIDField(editable=False, null=True)),
                        ('lease_until', models.DateTimeField(editable=False, null=True)),
                        ('finished_at', models.DateTimeField(null=True)),
                        ('failed', models.BooleanField(default=False)),
                        ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ('exchange', models.CharField(max_length=32)),
                        ('state', models.CharField(choices=[('queued', 'Queued'), ('running', 'Running'), ('waiting', 'Waiting'), ('done', 'Done'), ('partly', 'Partly'), ('failed', 'Failed'), ('cancelled', 'Cancelled')], default='queued', max_length=9)),
                        ('asked_by', models.CharField(max_length=8)),
                        ('full', models.BooleanField(default=False)),
                        ('stream', models.CharField(blank=True, max_length=80)),
                        ('since', models.DateTimeField(null=True)),
                        ('until', models.DateTimeField(null=True)),
                        ('plan', models.JSONField(default=list)),
                        ('new', models.PositiveIntegerField(default=0)),
                        ('same', models.PositiveIntegerField(default=0)),
                        ('changed', models.PositiveIntegerField(default=0)),
                        ('vanished', models.PositiveIntegerField(default=0)),
                        ('pages', models.PositiveIntegerField(default=0)),
                        ('cause', models.CharField(blank=True, max_length=24)),
                        ('cause_right', models.CharField(blank=True, max_length=80)),
                        ('code', models.CharField(blank=True, max_length=40)),
                        ('summary', models.JSONField(default=list)),
                        ('created_at', models.DateTimeField()),
                        ('started_at', models.DateTimeField(null=True)),
                        ('owner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('wallet', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='runs', to='wallets.wallet')),
                        ('then', models.JSONField(default=list)),
                        ('credential', models.UUIDField(null=True)),
                        ('followed_by', models.UUIDField(null=True)),
                        ('goes_on_until', models.DateTimeField(null=True)),
                        ('pull', models.UUIDField(null=True)),
                    ],
                    options={
                        'indexes': [models.Index(fields=['wallet', '-created_at', '-id'], name='runs_of_wallet'), models.Index(fields=['owner', '-created_at', '-id'], name='runs_of_owner'), models.Index(condition=models.Q(('finished_at', None)), fields=['not_before'], name='runs_waiting'), models.Index(condition=models.Q(('lease_token__isnull', False)), fields=['owner'], name='runs_under_way'), models.Index(fields=['exchange', 'finished_at'], name='runs_of_exchange'), models.Index(fields=['-created_at', '-id'], name='runs_newest'), models.Index(condition=models.Q(('state', 'failed')), fields=['finished_at', 'exchange'], name='runs_failed'), models.Index(condition=models.Q(('goes_on_until__isnull', False)), fields=['goes_on_until'], name='runs_at_a_pull')],
                        'constraints': [models.UniqueConstraint(condition=models.Q(('finished_at', None)), fields=('wallet',), name='one_unfinished_run')],
                    },
                ),
                migrations.CreateModel(
                    name='StreamState',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('way', models.CharField(max_length=8)),
                        ('stream', models.CharField(max_length=80)),
                        ('cursor', models.TextField(blank=True)),
                        ('complete_to', models.DateTimeField(null=True)),
                        ('run', models.UUIDField(null=True)),
                        ('state', models.CharField(choices=[('waiting', 'Waiting'), ('running', 'Running'), ('done', 'Done'), ('failed', 'Failed')], default='waiting', max_length=8)),
                        ('reached', models.DateTimeField(null=True)),
                        ('rows', models.PositiveIntegerField(default=0)),
                        ('pages', models.PositiveIntegerField(default=0)),
                        ('cause', models.CharField(blank=True, max_length=24)),
                        ('cause_right', models.CharField(blank=True, max_length=80)),
                        ('pull', models.UUIDField(null=True)),
                        ('pull_cursor', models.TextField(blank=True)),
                        ('pulled_from', models.DateTimeField(null=True)),
                        ('updated_at', models.DateTimeField()),
                        ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('wallet', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='stream_states', to='wallets.wallet')),
                        ('walk_began_at', models.DateTimeField(null=True)),
                        ('sides_held', models.JSONField(default=list)),
                        ('pull_began_at', models.DateTimeField(null=True)),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('wallet', 'way', 'stream'), name='one_state_per_stream')],
                    },
                ),
            ],
        ),
    ]

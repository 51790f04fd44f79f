import config.fields
import django.db.models.deletion
import django.db.models.functions.datetime
import uuid
from django.conf import settings
from django.db import migrations, models

from config.create_models import CreateModels


class Migration(migrations.Migration):
    """All tables of a new database at once, in place of the chain below, which those that began with it go on with.

    Once no database stands within the chain its files go, and `replaces` with them.
    """

    replaces = [
        ('wallets', '0001_initial'),
        ('wallets', '0002_trials_grants_help'),
        ('wallets', '0003_lists_of_wallets'),
        ('wallets', '0004_connections_of_owner'),
        ('wallets', '0005_keys_in_reserve'),
        ('wallets', '0006_excused'),
        ('wallets', '0007_refusals_and_doubts'),
    ]

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateModels(
            operations=[
                migrations.CreateModel(
                    name='Credential',
                    fields=[
                        ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ('version', models.PositiveIntegerField()),
                        ('way', models.CharField(choices=[('oauth', 'Sign-in at the exchange'), ('key', 'Key'), ('csv', 'Files'), ('manual', 'By hand')], max_length=8)),
                        ('standing', models.CharField(choices=[('current', 'Current'), ('staged', 'Staged'), ('ending', 'Ending'), ('former', 'Former')], max_length=8)),
                        ('sealed', config.fields.SealedField(null=True, owner='owner_id', purpose='exchange credential', row='id')),
                        ('created_at', models.DateTimeField()),
                        ('used_at', models.DateTimeField(null=True)),
                        ('wiped_at', models.DateTimeField(null=True)),
                        ('expires_at', models.DateTimeField(null=True)),
                        ('confirmed_at', models.DateTimeField(null=True)),
                        ('confirmed_words', models.TextField(blank=True)),
                        ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('wallet', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='credentials', to='wallets.wallet')),
                        ('dead_at', models.DateTimeField(null=True)),
                        ('ends_at', models.DateTimeField(null=True)),
                        ('leaked_at', models.DateTimeField(null=True)),
                        ('cause', models.CharField(blank=True, db_default='', default='', max_length=24)),
                        ('cause_right', models.CharField(blank=True, db_default='', default='', max_length=80)),
                        ('doubts', models.PositiveSmallIntegerField(db_default=0, default=0)),
                    ],
                    options={
                        'indexes': [models.Index(condition=models.Q(('standing', 'current')), fields=['owner', '-created_at', '-id'], name='connections_of_owner')],
                        'constraints': [models.UniqueConstraint(fields=('wallet', 'version'), name='credential_versions'), models.UniqueConstraint(condition=models.Q(('standing', 'current')), fields=('wallet',), name='one_current_credential'), models.UniqueConstraint(condition=models.Q(('standing', 'staged')), fields=('wallet',), name='one_staged_credential'), models.CheckConstraint(condition=models.Q(models.Q(('standing', 'former'), _negated=True), ('sealed__isnull', True), _connector='OR'), name='former_is_wiped')],
                    },
                ),
                migrations.CreateModel(
                    name='RightsReport',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                        ('can_tell', models.BooleanField()),
                        ('read', models.JSONField(default=list)),
                        ('beyond', models.JSONField(default=list)),
                        ('missing', models.JSONField(default=list)),
                        ('ips', models.JSONField(null=True)),
                        ('expires_at', models.DateTimeField(null=True)),
                        ('credential', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rights_reports', to='wallets.credential')),
                        ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                ),
                migrations.CreateModel(
                    name='Wallet',
                    fields=[
                        ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ('exchange', models.CharField(max_length=32)),
                        ('region', models.CharField(blank=True, max_length=32)),
                        ('way', models.CharField(choices=[('oauth', 'Sign-in at the exchange'), ('key', 'Key'), ('csv', 'Files'), ('manual', 'By hand')], max_length=8)),
                        ('label', models.CharField(max_length=80)),
                        ('book', models.UUIDField(default=uuid.uuid4, editable=False)),
                        ('created_at', models.DateTimeField()),
                        ('health', models.CharField(choices=[('working', 'Working'), ('partly', 'Partly'), ('needs_you', 'Needs You'), ('exchange_down', 'Exchange Down'), ('waiting', 'Waiting'), ('paused', 'Paused'), ('archived', 'Archived'), ('detached', 'Detached'), ('in_bin', 'In Bin'), ('retired', 'Retired')], default='waiting', max_length=16)),
                        ('cause', models.CharField(blank=True, max_length=24)),
                        ('cause_right', models.CharField(blank=True, max_length=80)),
                        ('failing_since', models.DateTimeField(null=True)),
                        ('last_success_at', models.DateTimeField(null=True)),
                        ('next_try_at', models.DateTimeField(null=True)),
                        ('streams', models.JSONField(default=list)),
                        ('paused_at', models.DateTimeField(null=True)),
                        ('archived_at', models.DateTimeField(null=True)),
                        ('detached_at', models.DateTimeField(null=True)),
                        ('binned_at', models.DateTimeField(null=True)),
                        ('rotate_months', models.PositiveSmallIntegerField(null=True)),
                        ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='wallets', to=settings.AUTH_USER_MODEL)),
                        ('failures', models.PositiveSmallIntegerField(default=0)),
                        ('note', models.TextField(blank=True)),
                        ('purged_at', models.DateTimeField(null=True)),
                        ('excused', models.CharField(blank=True, db_default='', default='', max_length=24)),
                        ('refusals', models.PositiveSmallIntegerField(db_default=0, default=0)),
                    ],
                    options={
                        'indexes': [models.Index(fields=['owner', '-created_at', '-id'], name='wallets_of_owner'), models.Index(condition=models.Q(('binned_at', None), ('paused_at', None)), fields=['next_try_at'], name='wallets_due'), models.Index(fields=['exchange', 'cause'], name='wallets_failing'), models.Index(condition=models.Q(('archived_at', None), ('binned_at', None), ('detached_at', None), ('paused_at', None), ('health__in', ['needs_you', 'partly', 'exchange_down'])), fields=['owner', 'health', '-created_at', '-id'], name='wallets_in_trouble'), models.Index(condition=models.Q(('binned_at__isnull', False), ('purged_at', None)), fields=['owner', '-binned_at', '-id'], name='wallets_in_bin'), models.Index(fields=['-created_at', '-id'], name='wallets_newest'), models.Index(condition=models.Q(('excused', ''), _negated=True), fields=['exchange'], name='wallets_excused')],
                        'constraints': [models.UniqueConstraint(condition=models.Q(('binned_at', None)), fields=('owner', 'book'), name='one_wallet_per_book')],
                    },
                ),
                migrations.CreateModel(
                    name='CredentialTest',
                    fields=[
                        ('not_before', models.DateTimeField()),
                        ('attempts', models.PositiveIntegerField(default=0)),
                        ('lease_token', models.UUIDField(editable=False, null=True)),
                        ('lease_until', models.DateTimeField(editable=False, null=True)),
                        ('finished_at', models.DateTimeField(null=True)),
                        ('failed', models.BooleanField(default=False)),
                        ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ('purpose', models.CharField(choices=[('look', 'Look'), ('connect', 'Connect'), ('replace', 'Replace'), ('stage', 'Stage'), ('check', 'Check'), ('end', 'End')], max_length=8)),
                        ('state', models.CharField(choices=[('queued', 'Queued'), ('running', 'Running'), ('asking', 'Asking'), ('passed', 'Passed'), ('failed', 'Failed'), ('expired', 'Expired')], default='queued', max_length=8)),
                        ('exchange', models.CharField(max_length=32)),
                        ('region', models.CharField(blank=True, max_length=32)),
                        ('label', models.CharField(blank=True, max_length=80)),
                        ('sealed', config.fields.SealedField(null=True, owner='owner_id', purpose='candidate credential', row='id')),
                        ('lines', models.JSONField(default=list)),
                        ('outcome', models.JSONField(default=dict)),
                        ('cause', models.CharField(blank=True, max_length=24)),
                        ('cause_right', models.CharField(blank=True, max_length=80)),
                        ('created_at', models.DateTimeField()),
                        ('expires_at', models.DateTimeField()),
                        ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='credential_tests', to=settings.AUTH_USER_MODEL)),
                        ('wallet', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='credential_tests', to='wallets.wallet')),
                        ('claims', models.JSONField(default=list)),
                        ('credential', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='wallets.credential')),
                        ('way', models.CharField(choices=[('oauth', 'Sign-in at the exchange'), ('key', 'Key'), ('csv', 'Files'), ('manual', 'By hand')], default='key', max_length=8)),
                    ],
                    options={
                        'indexes': [models.Index(fields=['owner', '-created_at'], name='tests_of_owner'), models.Index(condition=models.Q(('finished_at', None)), fields=['not_before'], name='tests_waiting')],
                    },
                ),
                migrations.CreateModel(
                    name='AccountClaim',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('book', models.UUIDField()),
                        ('exchange', models.CharField(max_length=32)),
                        ('kind', models.CharField(max_length=16)),
                        ('digest', models.CharField(max_length=64)),
                        ('claimed_at', models.DateTimeField()),
                        ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('owner', 'exchange', 'kind', 'digest'), name='one_book_per_claim')],
                    },
                ),
                migrations.CreateModel(
                    name='OAuthGrant',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('scopes', models.JSONField(default=list)),
                        ('access_expires_at', models.DateTimeField(null=True)),
                        ('renewable', models.BooleanField()),
                        ('lease_token', models.UUIDField(editable=False, null=True)),
                        ('lease_until', models.DateTimeField(editable=False, null=True)),
                        ('refreshed_at', models.DateTimeField(null=True)),
                        ('credential', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='grant', to='wallets.credential')),
                        ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                ),
                migrations.CreateModel(
                    name='OAuthStart',
                    fields=[
                        ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ('exchange', models.CharField(max_length=32)),
                        ('label', models.CharField(blank=True, max_length=80)),
                        ('return_to', models.CharField(max_length=500)),
                        ('state_digest', models.CharField(max_length=64, unique=True)),
                        ('sealed', config.fields.SealedField(null=True, owner='owner_id', purpose='sign-in on its way', row='id')),
                        ('code_digest', models.CharField(blank=True, max_length=64)),
                        ('came_back_at', models.DateTimeField(null=True)),
                        ('created_at', models.DateTimeField()),
                        ('expires_at', models.DateTimeField(db_index=True)),
                        ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('test', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='wallets.credentialtest')),
                        ('wallet', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='wallets.wallet')),
                    ],
                ),
                migrations.CreateModel(
                    name='HelpRequest',
                    fields=[
                        ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ('subject', models.CharField(max_length=120)),
                        ('words', models.TextField(blank=True)),
                        ('bundle', models.JSONField(default=dict)),
                        ('consent_until', models.DateTimeField(null=True)),
                        ('answer', models.TextField(blank=True)),
                        ('answered_at', models.DateTimeField(null=True)),
                        ('created_at', models.DateTimeField()),
                        ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='help_requests', to=settings.AUTH_USER_MODEL)),
                        ('wallet', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='wallets.wallet')),
                    ],
                    options={
                        'indexes': [models.Index(fields=['owner', '-created_at', '-id'], name='help_of_owner'), models.Index(fields=['consent_until'], name='help_visible')],
                    },
                ),
            ],
        ),
    ]

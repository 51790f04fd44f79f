import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0011_rows_in_turn'),
        ('wallets', '0005_keys_in_reserve'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='BulkEdit',
            fields=[
                ('not_before', models.DateTimeField()),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('lease_token', models.UUIDField(editable=False, null=True)),
                ('lease_until', models.DateTimeField(editable=False, null=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('failed', models.BooleanField(default=False)),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('filters', models.JSONField()),
                ('changes', models.JSONField()),
                ('more_tags', models.JSONField(default=list)),
                ('move', models.CharField(choices=[('say', 'Say'), ('undo', 'Undo'), ('redo', 'Redo')], default='say', max_length=4)),
                ('after', models.CharField(blank=True, max_length=80)),
                ('whole', models.PositiveIntegerField()),
                ('changed', models.PositiveIntegerField(default=0)),
                ('left_out', models.PositiveIntegerField(default=0)),
                ('actor_kind', models.CharField(max_length=8)),
                ('actor_label', models.CharField(blank=True, max_length=120)),
                ('asked_at', models.DateTimeField()),
            ],
        ),
        migrations.RemoveIndex(
            model_name='edit',
            name='edits_of_act',
        ),
        migrations.AddIndex(
            model_name='edit',
            index=models.Index(fields=['owner', 'act', 'id'], name='edits_in_act'),
        ),
        migrations.AddIndex(
            model_name='transaction',
            index=models.Index(condition=models.Q(('category', ''), _negated=True), fields=['owner', 'category', '-occurred_at', '-id'], name='transactions_by_category'),
        ),
        migrations.AddIndex(
            model_name='transaction',
            index=models.Index(condition=models.Q(('fee_asset', ''), _negated=True), fields=['owner', 'fee_asset', '-occurred_at', '-id'], name='transactions_by_fee'),
        ),
        migrations.AddField(
            model_name='bulkedit',
            name='owner',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddIndex(
            model_name='bulkedit',
            index=models.Index(condition=models.Q(('finished_at', None)), fields=['not_before'], name='bulk_edits_waiting'),
        ),
    ]

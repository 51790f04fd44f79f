import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import ledger.models.exact


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0007_gains"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PriceSource",
            fields=[
                ("exchange", models.CharField(max_length=32, primary_key=True, serialize=False)),
                ("pairs", models.JSONField(default=dict)),
                ("pairs_at", models.DateTimeField(null=True)),
                ("not_before", models.DateTimeField(null=True)),
                ("failures", models.PositiveIntegerField(default=0)),
                ("cause", models.CharField(blank=True, max_length=40)),
                ("code", models.CharField(blank=True, max_length=80)),
                ("answered_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="OfficialRates",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("body", models.BinaryField(default=bytes)),
                ("last_day", models.DateField(null=True)),
                ("fetched_at", models.DateTimeField(null=True)),
                ("failures", models.PositiveIntegerField(default=0)),
                ("cause", models.CharField(blank=True, max_length=40)),
            ],
            options={
                "constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="one_file_of_rates")],
            },
        ),
        migrations.CreateModel(
            name="PriceSeries",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("asset", models.CharField(max_length=64)),
                ("quote", models.CharField(max_length=16)),
                ("source", models.CharField(max_length=32)),
                ("symbol", models.CharField(max_length=64)),
                ("span", models.PositiveIntegerField()),
                ("last_at", models.DateTimeField(null=True)),
                ("last_price", ledger.models.exact.MaybeExactField(decimal_places=36, max_digits=1000, null=True)),
            ],
            options={
                "indexes": [models.Index(fields=["quote"], name="series_by_quote")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("asset", "span", "source", "quote", "symbol"), name="one_series_per_pair"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PriceWant",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("not_before", models.DateTimeField()),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("lease_token", models.UUIDField(editable=False, null=True)),
                ("lease_until", models.DateTimeField(editable=False, null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("failed", models.BooleanField(default=False)),
                ("asset", models.CharField(max_length=64)),
                ("aim", models.PositiveSmallIntegerField(choices=[(1, "Latest"), (2, "Days"), (3, "Hours")])),
                ("since", models.DateTimeField()),
                (
                    "periods",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.IntegerField(), default=list, size=None
                    ),
                ),
                ("sources", models.CharField(blank=True, max_length=200)),
                ("trouble", models.CharField(blank=True, max_length=200)),
                ("whole_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [models.Index(fields=["aim", "not_before"], name="wants_in_turn")],
                "constraints": [models.UniqueConstraint(fields=("asset", "aim"), name="one_want_per_asset")],
            },
        ),
        migrations.CreateModel(
            name="OwnPrice",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("asset", models.CharField(max_length=64)),
                ("quote", models.CharField(max_length=16)),
                ("at", models.DateTimeField()),
                (
                    "reach",
                    models.CharField(choices=[("hour", "Hour"), ("day", "Day"), ("onward", "Onward")], max_length=6),
                ),
                ("price", ledger.models.exact.ExactField(decimal_places=36, max_digits=1000)),
                ("note", models.CharField(blank=True, max_length=500)),
                ("actor_kind", models.CharField(max_length=8)),
                ("created_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "owner",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["owner", "-created_at", "-id"], name="own_prices_of_owner")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("owner", "asset", "quote", "at", "reach"),
                        name="one_own_price_at_a_time",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PriceRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("begins", models.DateTimeField()),
                ("ends", models.DateTimeField()),
                ("closes", models.TextField()),
                (
                    "series",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="runs",
                        to="ledger.priceseries",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("series", "begins"), name="one_run_per_beginning")],
            },
        ),
    ]

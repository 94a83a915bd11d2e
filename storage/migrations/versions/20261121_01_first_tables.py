"""First tables."""

import sqlalchemy as sa
from alembic import op

revision = "20261121_01"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "allowed_prefix",
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("prefix", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "prefix"),
    )
    op.create_table(
        "binding",
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("room_key", sa.String(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("did", sa.String(), nullable=False),
        sa.Column("room", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "room_key", "about", "did"),
    )
    op.create_table(
        "call",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("room_key", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("room", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("asker", sa.String(), nullable=False),
        sa.Column("asker_name", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("understood", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("order", sa.String(), nullable=True),
        sa.Column("due", sa.BigInteger(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("recurrence_words", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("plan", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("notes", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("left_out", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("conference", sa.String(), nullable=True),
        sa.Column("recorded_by", sa.String(), nullable=True),
        sa.Column("expected_cost", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("ending", sa.String(), nullable=True),
        sa.Column("warned", sa.Boolean(), nullable=False),
        sa.Column("alone_since", sa.BigInteger(), nullable=True),
        sa.Column("screening_until", sa.BigInteger(), nullable=True),
        sa.Column("wake_at", sa.BigInteger(), nullable=True),
        sa.Column("caller", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("did", sa.String(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("lifts_live_limit", sa.Boolean(), nullable=False),
        sa.Column("brought", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("follows", sa.String(), nullable=True),
        sa.Column("followed_by", sa.String(), nullable=True),
        sa.Column("owner", sa.String(), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("unplaced", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("call", schema=None) as batch_op:
        batch_op.create_index("ix_call_asker", ["asker", "state", "due", "number"], unique=False)
        batch_op.create_index(
            "ix_call_claimed",
            ["lease_until"],
            unique=False,
            sqlite_where=sa.text("state = 'claimed'"),
            postgresql_where=sa.text("state = 'claimed'"),
        )
        batch_op.create_index(
            "ix_call_day",
            ["room_key", "started_at"],
            unique=False,
            sqlite_where=sa.text("started_at IS NOT NULL"),
            postgresql_where=sa.text("started_at IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_call_held",
            ["due"],
            unique=False,
            sqlite_where=sa.text("state = 'held'"),
            postgresql_where=sa.text("state = 'held'"),
        )
        batch_op.create_index("ix_call_number", ["tenant", "number"], unique=False)
        batch_op.create_index(
            "ix_call_order",
            ["order", "due"],
            unique=False,
            sqlite_where=sa.text('"order" IS NOT NULL'),
            postgresql_where=sa.text('"order" IS NOT NULL'),
        )
        batch_op.create_index(
            "ix_call_owner",
            ["owner"],
            unique=False,
            sqlite_where=sa.text("owner IS NOT NULL"),
            postgresql_where=sa.text("owner IS NOT NULL"),
        )
        batch_op.create_index("ix_call_room", ["room_key", "state", "due", "number"], unique=False)
        batch_op.create_index(
            "ix_call_scheduled",
            ["due", "provider", "room_key", "id"],
            unique=False,
            sqlite_where=sa.text("state = 'scheduled'"),
            postgresql_where=sa.text("state = 'scheduled'"),
        )
        batch_op.create_index(
            "ix_call_started",
            ["due"],
            unique=False,
            sqlite_where=sa.text("state = 'started'"),
            postgresql_where=sa.text("state = 'started'"),
        )
        batch_op.create_index("ix_call_tenant", ["tenant", "state", "due", "number"], unique=False)
        batch_op.create_index(
            "ix_call_unplaced",
            ["lease_until"],
            unique=False,
            sqlite_where=sa.text("state = 'started' AND unplaced <> ','"),
            postgresql_where=sa.text("state = 'started' AND unplaced <> ','"),
        )
        batch_op.create_index(
            "ix_call_wake",
            ["wake_at"],
            unique=False,
            sqlite_where=sa.text("wake_at IS NOT NULL"),
            postgresql_where=sa.text("wake_at IS NOT NULL"),
        )

    op.create_table(
        "contact",
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("name_key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("address", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("timezone", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("owner", "name_key"),
    )
    op.create_table(
        "counter",
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "kind"),
    )
    op.create_table(
        "did",
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("number", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "key"),
    )
    op.create_table(
        "forward",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("did", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("room", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("owner_name", sa.String(), nullable=False),
        sa.Column("stages", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("voicemail", sa.Boolean(), nullable=False),
        sa.Column("notify", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    with op.batch_alter_table("forward", schema=None) as batch_op:
        batch_op.create_index("ix_forward_tenant", ["tenant"], unique=False)

    op.create_table(
        "inbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("workspace", sa.String(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("asker", sa.String(), nullable=False),
        sa.Column("inbound", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reply", sa.JSON(none_as_null=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("platform", "workspace", "event", name="uq_inbox_source"),
    )
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.create_index("ix_inbox_asker", ["asker"], unique=False)
        batch_op.create_index(
            "ix_inbox_todo",
            ["platform", "state", "id"],
            unique=False,
            sqlite_where=sa.text("state <> 'delivered'"),
            postgresql_where=sa.text("state <> 'delivered'"),
        )

    op.create_table(
        "notice",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("room_key", sa.String(), nullable=False),
        sa.Column("room", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("call", sa.String(), nullable=True),
        sa.Column("card", sa.String(), nullable=True),
        sa.Column("reply", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("asker", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("final", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("pending", sa.Boolean(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("ref", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.create_index(
            "ix_notice_pending",
            ["platform", "next_at"],
            unique=False,
            sqlite_where=sa.text("pending = 1"),
            postgresql_where=sa.text("pending = true"),
        )
        batch_op.create_index(
            "uq_notice_card",
            ["room_key", "call"],
            unique=True,
            sqlite_where=sa.text("call IS NOT NULL"),
            postgresql_where=sa.text("call IS NOT NULL"),
        )

    op.create_table(
        "person",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("number", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("timezone", sa.String(), nullable=True),
        sa.Column("region", sa.String(), nullable=True),
        sa.Column("date_order", sa.String(), nullable=True),
        sa.Column("clock", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=True),
        sa.Column("caller_id", sa.String(), nullable=True),
        sa.Column("admitted", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("key"),
    )
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.create_index("ix_person_tenant", ["tenant"], unique=False)

    op.create_table(
        "question",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("room_key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("room", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("asker", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("span", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("choices", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("call", sa.String(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("question", schema=None) as batch_op:
        batch_op.create_index(
            "ix_question_expiry",
            ["expires_at"],
            unique=False,
            sqlite_where=sa.text("closed = 0 AND call IS NOT NULL"),
            postgresql_where=sa.text("closed = false AND call IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_question_open",
            ["room_key", "asker", "created_at"],
            unique=False,
            sqlite_where=sa.text("closed = 0"),
            postgresql_where=sa.text("closed = false"),
        )

    op.create_table(
        "rate",
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("next_free", sa.BigInteger(), nullable=False),
        sa.Column("busy_since", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account"),
    )
    op.create_table(
        "recording",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("call", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("room", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("source_url", sa.String(), nullable=False),
        sa.Column("voicemail", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("file", sa.String(), nullable=True),
        sa.Column("content_type", sa.String(), nullable=True),
        sa.Column("seconds", sa.Float(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("caller", sa.String(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try", sa.BigInteger(), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("link_version", sa.Integer(), nullable=False),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.Column("heard_by", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("provider", "ref", name="uq_recording_ref"),
    )
    with op.batch_alter_table("recording", schema=None) as batch_op:
        batch_op.create_index("ix_recording_call", ["call"], unique=False)
        batch_op.create_index(
            "ix_recording_expiry",
            ["expires_at"],
            unique=False,
            sqlite_where=sa.text("state <> 'deleted'"),
            postgresql_where=sa.text("state <> 'deleted'"),
        )
        batch_op.create_index("ix_recording_number", ["tenant", "number"], unique=False)
        batch_op.create_index("ix_recording_tenant", ["tenant", "created_at"], unique=False)
        batch_op.create_index(
            "ix_recording_waiting",
            ["next_try"],
            unique=False,
            sqlite_where=sa.text("state = 'waiting'"),
            postgresql_where=sa.text("state = 'waiting'"),
        )

    op.create_table(
        "room_turn",
        sa.Column("room_key", sa.String(), nullable=False),
        sa.Column("served", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("room_key"),
    )
    op.create_table(
        "scheduled_call",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("room", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("asker", sa.String(), nullable=False),
        sa.Column("asker_name", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("plan", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("understood", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("recurrence", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("recurrence_words", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("skip", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("left_out", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("conference", sa.String(), nullable=True),
        sa.Column("expected_cost", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("cancelled", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("scheduled_call", schema=None) as batch_op:
        batch_op.create_index("ix_scheduled_call_tenant", ["tenant", "number"], unique=False)

    op.create_table(
        "verdict",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("asker", sa.String(), nullable=False),
        sa.Column("room", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("call", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "cdr",
        sa.Column("call", sa.String(), nullable=False),
        sa.Column("disposition", sa.String(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=False),
        sa.Column("talk_seconds", sa.Integer(), nullable=False),
        sa.Column("billed_seconds", sa.Integer(), nullable=False),
        sa.Column("cost", sa.JSON(none_as_null=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["call"],
            ["call.id"],
        ),
        sa.PrimaryKeyConstraint("call"),
    )
    op.create_table(
        "charge",
        sa.Column("call", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=False),
        sa.Column("billionths", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["call"],
            ["call.id"],
        ),
        sa.PrimaryKeyConstraint("call", "currency"),
    )
    with op.batch_alter_table("charge", schema=None) as batch_op:
        batch_op.create_index("ix_charge_ended", ["ended_at"], unique=False)

    op.create_table(
        "leg_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("call", sa.String(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("cause", sa.Integer(), nullable=True),
        sa.Column("verdict", sa.String(), nullable=True),
        sa.Column("digits", sa.String(), nullable=False),
        sa.Column("recording", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("cost", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("billed_seconds", sa.Integer(), nullable=True),
        sa.Column("address", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("ref", sa.String(), nullable=True),
        sa.Column("raw", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["call"],
            ["call.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token", "source_id", name="uq_leg_event_source"),
    )
    with op.batch_alter_table("leg_event", schema=None) as batch_op:
        batch_op.create_index("ix_leg_event_call", ["call", "id"], unique=False)

    op.create_table(
        "placement",
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("call", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("asker", sa.String(), nullable=False),
        sa.Column("plan", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=True),
        sa.Column("refs", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("placed_at", sa.BigInteger(), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("deadline", sa.BigInteger(), nullable=True),
        sa.Column("check_at", sa.BigInteger(), nullable=True),
        sa.Column("checks", sa.Integer(), nullable=False),
        sa.Column("reconciled", sa.Boolean(), nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("watch_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["call"],
            ["call.id"],
        ),
        sa.PrimaryKeyConstraint("token"),
    )
    with op.batch_alter_table("placement", schema=None) as batch_op:
        batch_op.create_index("ix_placement_call", ["call", "position"], unique=False)
        batch_op.create_index("ix_placement_hour", ["asker", "created_at"], unique=False)
        batch_op.create_index(
            "ix_placement_owner",
            ["owner"],
            unique=False,
            sqlite_where=sa.text("owner IS NOT NULL AND state = 'placing'"),
            postgresql_where=sa.text("owner IS NOT NULL AND state = 'placing'"),
        )
        batch_op.create_index(
            "ix_placement_watch",
            ["watch_at"],
            unique=False,
            sqlite_where=sa.text("watch_at IS NOT NULL"),
            postgresql_where=sa.text("watch_at IS NOT NULL"),
        )

    op.create_table(
        "placement_leg",
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("call", sa.String(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("room_key", sa.String(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("data", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["call"],
            ["call.id"],
        ),
        sa.PrimaryKeyConstraint("token", "role"),
        sa.UniqueConstraint("call", "role", "n", name="uq_placement_leg_attempt"),
    )
    with op.batch_alter_table("placement_leg", schema=None) as batch_op:
        batch_op.create_index(
            "ix_placement_leg_live",
            ["room_key"],
            unique=False,
            sqlite_where=sa.text("live = 1"),
            postgresql_where=sa.text("live = true"),
        )
        batch_op.create_index(
            "uq_placement_leg_open",
            ["call", "role"],
            unique=True,
            sqlite_where=sa.text("open = 1"),
            postgresql_where=sa.text("open = true"),
        )


def downgrade() -> None:
    with op.batch_alter_table("placement_leg", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_placement_leg_open", sqlite_where=sa.text("open = 1"), postgresql_where=sa.text("open = true")
        )
        batch_op.drop_index(
            "ix_placement_leg_live", sqlite_where=sa.text("live = 1"), postgresql_where=sa.text("live = true")
        )

    op.drop_table("placement_leg")
    with op.batch_alter_table("placement", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_placement_watch",
            sqlite_where=sa.text("watch_at IS NOT NULL"),
            postgresql_where=sa.text("watch_at IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_placement_owner",
            sqlite_where=sa.text("owner IS NOT NULL AND state = 'placing'"),
            postgresql_where=sa.text("owner IS NOT NULL AND state = 'placing'"),
        )
        batch_op.drop_index("ix_placement_hour")
        batch_op.drop_index("ix_placement_call")

    op.drop_table("placement")
    with op.batch_alter_table("leg_event", schema=None) as batch_op:
        batch_op.drop_index("ix_leg_event_call")

    op.drop_table("leg_event")
    with op.batch_alter_table("charge", schema=None) as batch_op:
        batch_op.drop_index("ix_charge_ended")

    op.drop_table("charge")
    op.drop_table("cdr")
    op.drop_table("verdict")
    with op.batch_alter_table("scheduled_call", schema=None) as batch_op:
        batch_op.drop_index("ix_scheduled_call_tenant")

    op.drop_table("scheduled_call")
    op.drop_table("room_turn")
    with op.batch_alter_table("recording", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_recording_waiting",
            sqlite_where=sa.text("state = 'waiting'"),
            postgresql_where=sa.text("state = 'waiting'"),
        )
        batch_op.drop_index("ix_recording_tenant")
        batch_op.drop_index("ix_recording_number")
        batch_op.drop_index(
            "ix_recording_expiry",
            sqlite_where=sa.text("state <> 'deleted'"),
            postgresql_where=sa.text("state <> 'deleted'"),
        )
        batch_op.drop_index("ix_recording_call")

    op.drop_table("recording")
    op.drop_table("rate")
    with op.batch_alter_table("question", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_question_open", sqlite_where=sa.text("closed = 0"), postgresql_where=sa.text("closed = false")
        )
        batch_op.drop_index(
            "ix_question_expiry",
            sqlite_where=sa.text("closed = 0 AND call IS NOT NULL"),
            postgresql_where=sa.text("closed = false AND call IS NOT NULL"),
        )

    op.drop_table("question")
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_index("ix_person_tenant")

    op.drop_table("person")
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_notice_card",
            sqlite_where=sa.text("call IS NOT NULL"),
            postgresql_where=sa.text("call IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_notice_pending",
            sqlite_where=sa.text("pending = 1"),
            postgresql_where=sa.text("pending = true"),
        )

    op.drop_table("notice")
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_inbox_todo",
            sqlite_where=sa.text("state <> 'delivered'"),
            postgresql_where=sa.text("state <> 'delivered'"),
        )
        batch_op.drop_index("ix_inbox_asker")

    op.drop_table("inbox")
    with op.batch_alter_table("forward", schema=None) as batch_op:
        batch_op.drop_index("ix_forward_tenant")

    op.drop_table("forward")
    op.drop_table("did")
    op.drop_table("counter")
    op.drop_table("contact")
    with op.batch_alter_table("call", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_call_wake",
            sqlite_where=sa.text("wake_at IS NOT NULL"),
            postgresql_where=sa.text("wake_at IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_call_unplaced",
            sqlite_where=sa.text("state = 'started' AND unplaced <> ','"),
            postgresql_where=sa.text("state = 'started' AND unplaced <> ','"),
        )
        batch_op.drop_index("ix_call_tenant")
        batch_op.drop_index(
            "ix_call_started",
            sqlite_where=sa.text("state = 'started'"),
            postgresql_where=sa.text("state = 'started'"),
        )
        batch_op.drop_index(
            "ix_call_scheduled",
            sqlite_where=sa.text("state = 'scheduled'"),
            postgresql_where=sa.text("state = 'scheduled'"),
        )
        batch_op.drop_index("ix_call_room")
        batch_op.drop_index(
            "ix_call_owner",
            sqlite_where=sa.text("owner IS NOT NULL"),
            postgresql_where=sa.text("owner IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_call_order",
            sqlite_where=sa.text('"order" IS NOT NULL'),
            postgresql_where=sa.text('"order" IS NOT NULL'),
        )
        batch_op.drop_index("ix_call_number")
        batch_op.drop_index(
            "ix_call_held", sqlite_where=sa.text("state = 'held'"), postgresql_where=sa.text("state = 'held'")
        )
        batch_op.drop_index(
            "ix_call_day",
            sqlite_where=sa.text("started_at IS NOT NULL"),
            postgresql_where=sa.text("started_at IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_call_claimed",
            sqlite_where=sa.text("state = 'claimed'"),
            postgresql_where=sa.text("state = 'claimed'"),
        )
        batch_op.drop_index("ix_call_asker")

    op.drop_table("call")
    op.drop_table("binding")
    op.drop_table("allowed_prefix")

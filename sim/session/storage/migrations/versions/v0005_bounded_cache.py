"""What can be computed again is bounded, by use and length; a run says that it came as a file."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the columns; of a value that is there the length is known, of a run that it was played here."""
    no = sa.false()
    op.add_column("runs", sa.Column("adopted", sa.Boolean, nullable=False, server_default=no))
    for name in ("used_ms", "size"):
        op.add_column("cache", sa.Column(name, sa.BigInteger, nullable=False, server_default="0"))
    op.execute(sa.text("update cache set size = length(value)"))
    op.create_index("ix_cache_used_ms", "cache", ["used_ms"])


def downgrade() -> None:
    """Drop them; nothing is bounded then."""
    op.drop_index("ix_cache_used_ms", "cache")
    for name in ("size", "used_ms"):
        op.drop_column("cache", name)
    op.drop_column("runs", "adopted")

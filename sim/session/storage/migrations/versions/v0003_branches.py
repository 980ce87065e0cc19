"""A run may be practice, a branch of another, or a drawn night of a family; texts of scenarios are kept."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the columns and the table; runs so far were none of these."""
    no = sa.false()
    op.add_column("runs", sa.Column("practice", sa.Boolean, nullable=False, server_default=no))
    op.add_column("runs", sa.Column("parent", sa.String(32), nullable=False, server_default=""))
    op.add_column(
        "runs", sa.Column("branched_at", sa.BigInteger, nullable=False, server_default="-1")
    )
    op.add_column("runs", sa.Column("mystery", sa.String(64), nullable=False, server_default=""))
    op.create_table(
        "scenarios",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("texts", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("scenarios")
    for name in ("mystery", "branched_at", "parent", "practice"):
        op.drop_column("runs", name)

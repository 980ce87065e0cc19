"""A run may be played on a real cluster; its evidence is kept, since nothing can make it again."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the columns and the table; runs so far were simulated."""
    op.add_column(
        "runs", sa.Column("backend", sa.String(16), nullable=False, server_default="simulated")
    )
    op.add_column(
        "runs", sa.Column("interrupted", sa.Boolean, nullable=False, server_default=sa.false())
    )
    op.create_table(
        "evidence",
        sa.Column(
            "run", sa.String(32), sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("text", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """Drop them; runs on real clusters lose what was measured."""
    op.drop_table("evidence")
    op.drop_column("runs", "interrupted")
    op.drop_column("runs", "backend")

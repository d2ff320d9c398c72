"""The one clock."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

PHNOM_PENH = ZoneInfo("Asia/Phnom_Penh")


def now() -> datetime:
    """The current instant in UTC."""
    return datetime.now(UTC)


def bank_day(moment: datetime) -> date:
    """The day by which the bank counts calls."""
    return moment.astimezone(PHNOM_PENH).date()


def next_bank_day(moment: datetime) -> datetime:
    """The next midnight in Phnom Penh."""
    local = moment.astimezone(PHNOM_PENH) + timedelta(days=1)
    return local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)


def to_ms(moment: datetime) -> int:
    """Milliseconds since 1970."""
    return int(moment.timestamp() * 1000)


def from_ms(value: int) -> datetime:
    """The instant of milliseconds since 1970. Raises OverflowError or ValueError outside the calendar."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=value)


def iso(moment: datetime | None) -> str | None:
    """As sent: UTC with milliseconds."""
    return (
        moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z" if moment else None
    )

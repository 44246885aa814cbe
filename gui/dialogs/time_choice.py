"""A time of the day, chosen from the half hours; another one that was kept before is offered too."""

from __future__ import annotations

from gui.dialogs.choice import Choice

HALF_HOURS = tuple(f"{minutes // 60:02d}:{minutes % 60:02d}" for minutes in range(0, 24 * 60, 30))


class TimeChoice(Choice):
    """Texts are "08:00"; midnight at the end of a day is "24:00" where ``ends`` is set."""

    def __init__(self, name: str, time: str, *, ends: bool = False) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setMaxVisibleItems(16)
        self.addItems([*HALF_HOURS[1:], "24:00"] if ends else list(HALF_HOURS))
        self.set_time(time)

    def time(self) -> str:
        return self.currentText()

    def set_time(self, time: str) -> None:
        at = self.findText(time)
        if at < 0:
            at = sum(self.itemText(number) < time for number in range(self.count()))
            self.insertItem(at, time)
        self.setCurrentIndex(at)


def minutes_of(time: str) -> int:
    hours, _, minutes = time.partition(":")
    return int(hours) * 60 + int(minutes)

"""Uses `match`, type aliases and exception groups: valid from Python 3.11, a syntax error before 3.10."""

from dataclasses import dataclass


@dataclass
class Move:
    dx: int
    dy: int


@dataclass
class Pen:
    down: bool


Command = Move | Pen | tuple[str, int]


def run(commands: list[Command]) -> list[tuple[int, int]]:
    x = y = 0
    drawn, down, problems = [], False, []
    for n, command in enumerate(commands):
        match command:
            case Move(dx=0, dy=0):
                continue
            case Move(dx, dy):
                x, y = x + dx, y + dy
                if down:
                    drawn.append((x, y))
            case Pen(down=state):
                down = state
            case ("repeat", int(times)) if times > 0:
                drawn.extend(drawn[-1:] * times)
            case other:
                problems.append(ValueError(f"command {n} is not understood: {other!r}"))
    if problems:
        raise ExceptionGroup("some commands were not understood", problems)
    return drawn


def tolerant(commands: list[Command]) -> int:
    try:
        return len(run(commands))
    except* ValueError as group:
        print(f"{len(group.exceptions)} commands were skipped")
    return 0

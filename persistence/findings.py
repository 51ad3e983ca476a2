"""What verification found, bounded: a file that is damaged throughout is not told line by line."""

from attrs import define, field, frozen

FINDINGS_MAX = 100


@frozen
class Finding:
    """Something that is not as it must be: what it is about (an event, a stream, a row), and what is wrong."""

    subject: str
    message: str

    def __str__(self) -> str:
        return f"{self.subject}: {self.message}"


@define
class Findings:
    """Findings as they come; beyond FINDINGS_MAX only counted."""

    kept: tuple[Finding, ...] = ()
    left_out: int = field(default=0)

    def add(self, subject: str, message: str) -> None:
        """Note a finding."""
        if len(self.kept) < FINDINGS_MAX:
            self.kept += (Finding(subject, message),)
        else:
            self.left_out += 1

"""Many cases, a few at a time: each in a process of its own, and no failure stops the rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

from workbench.department import Department
from workbench.errors import UsageError, WorkbenchError
from workbench.records import Record
from workbench.runner.kept import RunRecord
from workbench.runner.run import Job, run_case

AT_ONCE = 2


class Result(Record, frozen=True, kw_only=True):
    """What came of one job: its run's record, or the error that kept it from running."""

    case: str
    notebook: str
    record: RunRecord | None = None
    error: str = ""
    exit_code: int = 0

    @property
    def status(self) -> str:
        """Say complete, failed, unchanged or refused (it never started)."""
        if self.record is None:
            return "refused"
        return "unchanged" if self.record.unchanged else self.record.status


Report = Callable[[Result, int, int], None]
"""Called as each job ends: its result, how many have ended, how many there are."""


def batch(
    jobs: Sequence[Job],
    department: Department,
    actor: str,
    *,
    at_once: int = AT_ONCE,
    report: Report | None = None,
) -> list[Result]:
    """Run every job; give the results in the order of the jobs.

    The threads here only wait: each notebook has a process and a kernel of its own. Raises UsageError
    where ``at_once`` is no positive number; nothing else of one job reaches another.
    """
    if at_once < 1:
        raise UsageError("how many at once?", expected="1 or more", found=str(at_once))
    results: dict[int, Result] = {}
    with ThreadPoolExecutor(max_workers=at_once, thread_name_prefix="batch") as pool:
        waiting = {pool.submit(_one, job, department, actor): place for place, job in enumerate(jobs)}
        try:
            for future in as_completed(waiting):
                result = future.result()
                results[waiting[future]] = result
                if report is not None:
                    report(result, len(results), len(jobs))
        except KeyboardInterrupt:
            # What has not begun does not begin; what runs comes to its end and is kept.
            pool.shutdown(cancel_futures=True)
            raise
    return [results[place] for place in sorted(results)]


def summary(results: Sequence[Result]) -> dict[str, int]:
    """Count results by status."""
    counts: dict[str, int] = {}
    for result in results:
        counts[result.status] = counts.get(result.status, 0) + 1
    return counts


def _one(job: Job, department: Department, actor: str) -> Result:
    case, notebook = job.folder.name, job.notebook
    try:
        return Result(case=case, notebook=notebook, record=run_case(job, department, actor))
    except WorkbenchError as error:
        return Result(case=case, notebook=notebook, error=str(error), exit_code=error.exit_code)
    except OSError as error:
        # A disk that fails under one case is no reason to leave the others.
        return Result(case=case, notebook=notebook, error=f"{type(error).__name__}: {error}", exit_code=1)

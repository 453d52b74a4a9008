"""Jobs: who sees and stops them, how far they are, and what becomes of one whose process is gone."""

import os
import subprocess
import sys
from datetime import timedelta

import pytest

from models import jobs
from models.access import Actor
from models.database import read_pulses
from models.faults import Fault
from tests.conftest import NOW

ANN, BEN, ADMIN = Actor("ann", "main", "C11"), Actor("ben", "branch", "C111"), Actor("root", "admin")


def made(parts, actor=ANN, kind="sync", now=NOW):
    with parts.database.write() as connection:
        return jobs.make(connection, kind, actor, now)


def got(parts, number, now=NOW):
    with parts.database.read() as connection:
        return jobs.get(connection, number, now)


def asked(parts, what, *arguments):
    with parts.database.read() as connection:
        return what(connection, *arguments)


def told(parts, what, *arguments):
    with parts.database.write() as connection:
        return what(connection, *arguments)


class Clock:
    """A clock that goes on by a second at each look."""

    def __init__(self, now=NOW):
        self.now = now

    def __call__(self):
        self.now += timedelta(seconds=1)
        return self.now


def test_a_job_from_its_making_to_its_end(parts):
    number = made(parts)
    assert (got(parts, number).state, got(parts, number).open) == ("waiting", True)
    with jobs.working(parts.database, number, Clock()) as work:
        assert (got(parts, number).state, got(parts, number).pid) == ("running", os.getpid())
        work.step(2, 5, "关上街道分馆")
        assert (got(parts, number).done, got(parts, number).of, got(parts, number).what) == (2, 5, "关上街道分馆")
        work.result["told"] = {"read": 2}
    job = got(parts, number)
    assert (job.state, job.result, job.open) == ("done", {"told": {"read": 2}}, False)
    assert job.ended_at > job.started_at


def test_every_change_of_a_job_is_news(parts):
    seen = []

    def look():
        seen.append(asked(parts, read_pulses)["jobs"])

    number = made(parts)
    look()
    with jobs.working(parts.database, number, Clock()) as work:
        look()
        work.step(1, 2, "")
        look()
    look()
    assert seen == sorted(set(seen))


def test_progress_is_not_written_more_often_than_it_can_be_watched(parts):
    number = made(parts)
    with jobs.working(parts.database, number, lambda: NOW) as work:
        for done in range(50):
            work.step(done, 100, "")
        assert got(parts, number).done == 0
        work.step(100, 100, "")
        assert got(parts, number).done == 100


@pytest.mark.parametrize(
    ("fault", "error"),
    [(Fault("文件夹没连上"), "文件夹没连上"), (ZeroDivisionError("secret"), "程序出错（ZeroDivisionError），没有做完")],
)
def test_a_job_that_fails_says_why(parts, fault, error):
    number = made(parts)
    with pytest.raises(type(fault)), jobs.working(parts.database, number, Clock()):
        raise fault
    assert got(parts, number).state == "failed"
    assert got(parts, number).result == {"error": error, "fault": type(fault).__name__}


def test_a_job_is_done_once(parts):
    number = made(parts)
    with jobs.working(parts.database, number, Clock()):
        with pytest.raises(jobs.JobOver), jobs.working(parts.database, number, Clock()):
            pass
        assert got(parts, number).state == "running"
    with pytest.raises(jobs.JobOver), jobs.working(parts.database, number, Clock()):
        pass
    with pytest.raises(jobs.NoJob), jobs.working(parts.database, 99, Clock()):
        pass


# ---- stopping


def test_a_job_stops_at_its_next_step(parts):
    number = made(parts)
    steps = []

    def work_on(work):
        for done in range(5):
            work.step(done, 5, "")
            steps.append(done)
            if done == 1:
                told(parts, jobs.cancel, number, ANN, NOW)

    with pytest.raises(jobs.Cancelled), jobs.working(parts.database, number, Clock()) as work:
        work_on(work)
    assert steps == [0, 1]
    assert got(parts, number).state == "cancelled"


def test_a_job_that_nobody_has_taken_stops_at_once(parts):
    number = made(parts)
    told(parts, jobs.cancel, number, ANN, NOW)
    assert got(parts, number).state == "cancelled"
    with pytest.raises(jobs.JobOver), jobs.working(parts.database, number, Clock()):
        pass


@pytest.mark.parametrize(("actor", "stops"), [(ANN, True), (ADMIN, True), (BEN, False)])
def test_who_may_stop_a_job(parts, actor, stops):
    number = made(parts)
    assert jobs.may_stop(actor, got(parts, number)) is stops
    if stops:
        told(parts, jobs.cancel, number, actor, NOW)
    else:
        with pytest.raises(jobs.NoJob):
            told(parts, jobs.cancel, number, actor, NOW)
    assert got(parts, number).open is not stops


def test_stopping_what_is_over_changes_nothing(parts):
    number = made(parts)
    with jobs.working(parts.database, number, Clock()):
        pass
    told(parts, jobs.cancel, number, ANN, NOW)
    assert got(parts, number).state == "done"


# ---- looking


def test_one_sees_ones_own_jobs_and_an_admin_sees_all(parts):
    first, second, third = made(parts), made(parts, BEN), made(parts)
    found = {actor: [job.id for job in asked(parts, jobs.listed, actor, NOW)] for actor in (ANN, BEN, ADMIN)}
    assert found == {ANN: [third, first], BEN: [second], ADMIN: [third, second, first]}


def test_the_newest_of_a_kind(parts):
    assert asked(parts, jobs.newest, "sync", NOW) is None
    made(parts)
    second = made(parts, BEN)
    made(parts, kind="trial")
    assert asked(parts, jobs.newest, "sync", NOW).id == second


def test_old_jobs_are_forgotten_once_they_are_over(parts):
    over, still_open = made(parts), made(parts)
    with jobs.working(parts.database, over, lambda: NOW):
        pass
    later = NOW + timedelta(days=31)
    made(parts, now=later)
    with pytest.raises(jobs.NoJob):
        got(parts, over)
    assert got(parts, still_open, later).state == "failed"


# ---- a process that is gone


def test_a_silent_job_has_failed(parts):
    number = made(parts)
    assert got(parts, number, NOW + timedelta(seconds=60)).open
    job = got(parts, number, NOW + timedelta(seconds=61))
    assert (job.state, job.result["error"]) == ("failed", "做到一半断了，再来一次")


def test_a_job_whose_process_is_gone_has_failed_at_once(parts):
    number = made(parts)
    program = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    set_row(parts, number, state="running", pid=int(program.stdout))
    assert got(parts, number).state == "failed"


def test_a_process_on_another_machine_is_judged_by_its_signs_of_life_alone(parts):
    number = made(parts)
    set_row(parts, number, state="running", pid=2**22 + 1, machine="elsewhere")
    assert got(parts, number).open
    assert not got(parts, number, NOW + timedelta(minutes=2)).open


def test_a_job_under_way_shows_life_without_taking_a_step(parts):
    number, clock = made(parts), Clock()
    with jobs.working(parts.database, number, clock, every=0.001):
        before = got(parts, number, clock.now).seen_at
        while got(parts, number, clock.now).seen_at == before:
            pass


def set_row(parts, number, **values):
    with parts.database.write() as connection:
        connection.execute(jobs.jobs.update().where(jobs.jobs.c.id == number).values(**values))

#!/usr/bin/env python3
"""The API's numbers against a computation that shares nothing with it but the observations: docs/metrics.md in
Python, row by row. Two lakes: a demo's, all of complete runs, and an import over the night in which Berlin's
clocks go back, all of partial runs and with a gap. Writes TAP. Usage: numbers.py LIVELAKE SIM"""
import collections
import datetime
import json
import math
import pathlib
import subprocess
import sys
import tempfile
import zoneinfo

TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TESTS / "support"))
from program import Program, Tap
from served import Served, fill

HOUR, DAY = 3600, 86400
DIMENSIONS = {"categories": "category", "broadcasters": "broadcaster", "genres": "genre", "game-modes": "game_mode",
              "languages": "language", "platform": None}
CHANNEL = {"hours_watched", "airtime_hours", "average_viewers_while_live", "peak_viewers", "samples", "share"}
Observation = collections.namedtuple("Observation", "slot session broadcaster category language viewers")
Run = collections.namedtuple("Run", "slot cadence_s status")


def same(a, b):
    if a is None or b is None:
        return a is b
    return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9)


class Lake:
    """What was observed, as lists; a server on it; and the range that questions are about."""

    def __init__(self, program, first_s, last_s):
        self.program, self.from_s, self.to_s = program, first_s, last_s
        self.runs = {row["slot"]: Run(**row) for row in self.query("SELECT slot, cadence_s, status FROM run")}
        self.observations = [Observation(*row.values()) for row in self.query(
            "SELECT slot, stream_id, broadcaster_id, category_id, language, viewer_count FROM observation")]
        self.columns, self.days = {}, {}  # found once
        self.terms = {}  # kind, category: [(first day, day after the last, term)]
        for kind in ("genre", "game_mode"):
            for row in self.query(f"SELECT category_id, {kind}_id AS term, valid_from, valid_to FROM category_{kind}"):
                self.terms.setdefault((kind, row["category_id"]), []).append(
                    (row["valid_from"], row["valid_to"], str(row["term"])))
        self.server = Served(program)

    def query(self, sql):
        return json.loads(self.program.must("query", sql, "--json", "--max-rows", "0"))["data"]

    def terms_of(self, kind, category, slot):
        day = (slot // DAY, kind, category)
        if day not in self.days:
            date = datetime.datetime.fromtimestamp(slot, datetime.timezone.utc).date().isoformat()
            self.days[day] = [term for first, after, term in self.terms.get((kind, category), ())
                              if first <= date < after] or ["0"]
        return self.days[day]

    def values(self, dimension):
        """What each observation is of a dimension: lists of ids as the API writes them."""
        if dimension not in self.columns:
            if dimension in ("genre", "game_mode"):
                found = [self.terms_of(dimension, o.category, o.slot) for o in self.observations]
            else:
                found = [[str(getattr(o, dimension)) if dimension else ""] for o in self.observations]
            self.columns[dimension] = found
        return self.columns[dimension]

    def passing(self, filters, slots):
        """Places of the observations in these slots that the filters let through."""
        wanted = collections.defaultdict(set)
        for text in filters:
            kind, value = text.lstrip("-").split(":", 1)
            wanted[kind, text.startswith("-")].add(value)
        places = [i for i, o in enumerate(self.observations) if o.slot in slots]
        for (kind, exclude), values in wanted.items():
            column = self.values(kind)
            places = [i for i in places if values.isdisjoint(column[i]) == exclude]
        return places


# --- buckets

def bucket_of(slot, grain, zone):
    """Start of the local bucket in epoch seconds; (weekday, hour) of hour_of_week."""
    if grain == "none":
        return 0
    if grain == "slot":
        return slot
    wall = datetime.datetime.fromtimestamp(slot, zone)
    if grain == "hour":
        return slot - wall.minute * 60 - wall.second
    if grain == "hour_of_week":
        return wall.isoweekday(), wall.hour
    day = wall.date()
    if grain == "week":
        day -= datetime.timedelta(days=day.weekday())
    if grain == "month":
        day = day.replace(day=1)
    return int(datetime.datetime(day.year, day.month, day.day, tzinfo=zone).timestamp())


def stamp(second, zone):
    text = datetime.datetime.fromtimestamp(second, zone).isoformat()
    return text.replace("+00:00", "Z")


# --- the metrics

class Sum:
    def __init__(self):
        self.watched = self.aired = self.used_watched = self.used_aired = self.samples = 0
        self.viewers, self.channels = collections.defaultdict(float), collections.defaultdict(float)
        self.broadcasters = set()

    def add(self, o, weight_s, used, part):
        self.watched += o.viewers * weight_s * part
        self.aired += weight_s * part
        self.samples += 1
        self.broadcasters.add(o.broadcaster)
        if used:
            self.used_watched += o.viewers * weight_s * part
            self.used_aired += weight_s * part
            self.viewers[o.slot] += o.viewers * part
            self.channels[o.slot] += part

    def metrics(self, covered_s, total):
        return {"hours_watched": self.watched / HOUR, "airtime_hours": self.aired / HOUR,
                "average_viewers": self.used_watched / covered_s,
                "average_viewers_while_live": self.used_watched / self.used_aired if self.used_aired else None,
                "average_channels": self.used_aired / covered_s,
                "peak_viewers": max(self.viewers.values(), default=0),
                "peak_channels": max(self.channels.values(), default=0),
                "unique_channels": len(self.broadcasters), "samples": self.samples,
                "share": self.watched / total if total else None}


class Question:
    def __init__(self, lake, what, **params):
        self.lake, self.what = lake, what
        self.grain, self.by = params.get("grain", "none"), params.get("by")
        self.zone = zoneinfo.ZoneInfo(params.get("tz", "UTC"))
        self.full = params.get("attribution") == "full"
        self.filters = params.get("filter", ())
        self.params = params

    def slots(self, from_s, to_s):
        """Good slots with their buckets; which are used; seconds covered by bucket; buckets without a complete one."""
        good = {run.slot: bucket_of(run.slot, self.grain, self.zone) for run in self.lake.runs.values()
                if from_s <= run.slot < to_s and run.status in ("complete", "partial")}
        complete = {bucket for slot, bucket in good.items() if self.lake.runs[slot].status == "complete"}
        used = {slot for slot, bucket in good.items()
                if self.lake.runs[slot].status == "complete" or bucket not in complete}
        covered = collections.Counter()
        for slot in used:
            covered[good[slot]] += self.lake.runs[slot].cadence_s
        return good, used, covered, set(good.values()) - complete

    def answer(self, from_s, to_s):
        """{(bucket, id, by_id): metrics}"""
        good, used, covered, partial = self.slots(from_s, to_s)
        sums, totals = collections.defaultdict(Sum), collections.Counter()
        if self.what == "platform" and self.by is None:
            for bucket in covered:
                sums[bucket, "", ""] = Sum()
        first, second = self.lake.values(DIMENSIONS[self.what]), self.lake.values(self.by)
        for i in self.lake.passing(self.filters, good):
            o = self.lake.observations[i]
            weight_s = self.lake.runs[o.slot].cadence_s
            totals[good[o.slot]] += o.viewers * weight_s
            part = 1 if self.full else 1 / (len(first[i]) * len(second[i]))
            for a in first[i]:
                for b in second[i]:
                    sums[good[o.slot], a, b].add(o, weight_s, o.slot in used, part)
        found = {}
        for key, one in sums.items():
            found[key] = one.metrics(covered[key[0]], totals[key[0]])
            found[key]["partial"] = key[0] in partial
        return found

    def ask(self, **more):
        zone = datetime.timezone.utc
        pairs = [("from", stamp(self.lake.from_s, zone)), ("to", stamp(self.lake.to_s, zone))]
        all_rows = {} if self.what == "concentration" else {"limit": 0}
        for name, value in {**all_rows, **self.params, **more}.items():
            pairs += [(name, one) for one in value] if isinstance(value, tuple) else [(name, value)]
        answer = self.lake.server.get(self.what, pairs)
        assert answer.status == 200, (self.what, pairs, answer.body[:300])
        return answer.json()

    def place(self, row):
        bucket = 0
        if self.grain == "hour_of_week":
            bucket = row["weekday"], row["hour"]
        elif self.grain != "none":
            bucket = int(datetime.datetime.fromisoformat(row["time"].replace("Z", "+00:00")).timestamp())
            assert row["time"] == stamp(bucket, self.zone), row["time"]
        return bucket, row.get("id", ""), row.get("by_id", "")

    def check(self):
        """Every row and metric, both ways."""
        answer, wanted = self.ask(), self.answer(self.lake.from_s, self.lake.to_s)
        rows = {self.place(row): row for row in answer["data"]}
        where = (self.what, self.params)
        assert len(rows) == len(answer["data"]) > 0, (where, "rows twice, or none")
        assert rows.keys() == wanted.keys(), (where, sorted(map(str, rows.keys() ^ wanted.keys()))[:9])
        for key, row in rows.items():
            for metric, value in wanted[key].items():
                asked = metric in CHANNEL or self.what != "broadcasters"
                if metric == "partial":
                    asked = self.grain != "none"
                if metric == "share" and self.what == "platform" and self.by is None:
                    asked = False
                assert (metric in row) == asked, (where, key, metric, row)
                assert not asked or same(row[metric], value), (where, key, metric, row[metric], value)
        self.check_meta(answer["meta"])
        return answer["data"]

    def check_meta(self, meta):
        """Every day of both lakes has one cadence."""
        good, _, _, partial = self.slots(self.lake.from_s, self.lake.to_s)
        step_s = next(iter(self.lake.runs.values())).cadence_s
        expected = (self.lake.to_s - 1) // step_s - (self.lake.from_s - 1) // step_s
        assert meta["runs"] == len(good) and meta["expected"] == expected, (meta, len(good), expected)
        assert same(meta["slot_coverage"], len(good) / expected) and meta["partial"] == bool(partial), meta


# --- the cases

def rankings(lake):
    for what in DIMENSIONS:
        rows = Question(lake, what).check()
        order = [(-row["hours_watched"], row.get("id", "")) for row in rows]
        assert order == sorted(order), what
    for what, by in (("platform", "genre"), ("categories", "language"), ("genres", "game_mode"),
                     ("broadcasters", "genre"), ("game-modes", "category")):
        Question(lake, what, by=by).check()


def attribution(lake):
    for what in ("genres", "game-modes"):
        shares = sum(row["share"] for row in Question(lake, what, attribution="fractional").check())
        assert same(shares, 1), (what, shares)
        Question(lake, what, attribution="full").check()
    Question(lake, "genres", attribution="full", by="game_mode", grain="day").check()


def buckets(lake):
    """Berlin's clocks go back in one of the lakes; Kolkata's days begin at half an hour of UTC."""
    for grain in ("slot", "hour", "day", "week", "month", "hour_of_week"):
        for zone in ("Europe/Berlin", "Asia/Kolkata"):
            Question(lake, "platform", grain=grain, tz=zone).check()
    for what, grain, zone in (("categories", "day", "Europe/Berlin"), ("genres", "hour", "Asia/Kolkata"),
                              ("broadcasters", "day", "Asia/Kolkata"), ("languages", "week", "Europe/Berlin"),
                              ("game-modes", "hour_of_week", "Europe/Berlin")):
        Question(lake, what, grain=grain, tz=zone).check()


def a_series_of_the_largest(lake):
    """With a limit, the keys that the whole range ranks first, in every bucket."""
    for what in ("categories", "broadcasters"):
        first = {row["id"] for row in Question(lake, what).ask(limit=4)["data"]}
        whole = Question(lake, what, grain="day", tz="Europe/Berlin").ask()["data"]
        some = Question(lake, what, grain="day", tz="Europe/Berlin").ask(limit=4)["data"]
        key = lambda row: (row["time"], row["id"])
        assert sorted(some, key=key) == sorted((row for row in whole if row["id"] in first), key=key), what


def filters(lake):
    categories = [row["id"] for row in Question(lake, "categories").ask(limit=3)["data"]]
    genres = [row["id"] for row in Question(lake, "genres").ask(limit=2)["data"]]
    language = Question(lake, "languages").ask(limit=1)["data"][0]["id"]
    channels = [row["id"] for row in Question(lake, "broadcasters").ask(limit=2)["data"]]
    session = Question(lake, "sessions").ask(limit=1)["data"][0]["id"]
    for what, *chosen in (
            ("platform", f"category:{categories[0]}", f"category:{categories[1]}"),
            ("categories", f"-category:{categories[0]}", f"language:{language}"),
            ("broadcasters", f"genre:{genres[0]}", f"-language:{language}"),
            ("languages", f"-genre:{genres[0]}", f"-genre:{genres[1]}"),
            ("genres", f"genre:{genres[0]}"), ("genres", "-genre:0", "game_mode:1"),
            ("platform", "genre:0"), ("platform", "-game_mode:-1", "-broadcaster:" + channels[0]),
            ("game-modes", f"broadcaster:{channels[0]}", f"broadcaster:{channels[1]}"),
            ("categories", f"-session:{session}", f"broadcaster:{channels[0]}", f"broadcaster:{channels[1]}"),
            ("broadcasters", f"-broadcaster:{channels[0]}"), ("platform", f"session:{session}")):
        if Question(lake, what, filter=tuple(chosen)).answer(lake.from_s, lake.to_s):
            Question(lake, what, filter=tuple(chosen)).check()
    Question(lake, "platform", filter=(f"-language:{language}",), grain="hour").check()
    Question(lake, "platform", filter=(f"-broadcaster:{channels[0]}",), grain="day", tz="Asia/Kolkata").check()


def compared_with_before(lake):
    """The range before is as long; where it is whole local days, as many days."""
    for what, zone in (("platform", "UTC"), ("categories", "Europe/Berlin"), ("broadcasters", "Asia/Kolkata"),
                       ("genres", "Europe/Berlin")):
        question = Question(lake, what, tz=zone)
        answer = question.ask(compare="previous")
        wall = [datetime.datetime.fromtimestamp(s, question.zone).replace(tzinfo=None)
                for s in (lake.from_s, lake.to_s)]
        days = all(at.time() == datetime.time() for at in wall)
        before_s = (int((wall[0] - (wall[1] - wall[0])).replace(tzinfo=question.zone).timestamp()) if days
                    else 2 * lake.from_s - lake.to_s)
        assert answer["meta"]["compare"]["from"] == stamp(before_s, question.zone), answer["meta"]
        observed = bool(question.slots(before_s, lake.from_s)[0])
        before = question.answer(before_s, lake.from_s)
        assert observed, "the range before is to have something"
        for row in answer["data"]:
            was = before.get(question.place(row), {})
            for metric in (name for name in row if name.endswith("_before")):
                none = None if metric.startswith("average_viewers_while_live") else 0
                assert same(row[metric], was.get(metric[:-len("_before")], none)), (what, metric, row, was)
            assert same(row["change"], row["hours_watched"] - was.get("hours_watched", 0)), (what, row)
        check_movers(question, before)


def check_movers(question, before):
    """sort=change: who gained and lost most, also those who are gone."""
    now = question.answer(question.lake.from_s, question.lake.to_s)
    hours = lambda found, key: found.get(key, {}).get("hours_watched", 0)
    sizes = sorted((abs(hours(now, key) - hours(before, key)) for key in now.keys() | before.keys()), reverse=True)
    rows = question.ask(compare="previous", sort="change", limit=7)["data"]
    assert len(rows) == min(7, len(sizes))
    assert all(same(abs(row["change"]), size) for row, size in zip(rows, sizes)), question.what


def sessions(lake):
    groups = collections.defaultdict(list)
    for o in lake.observations:
        groups[str(o.session)].append(o)
    question = Question(lake, "sessions")
    good, used, _, _ = question.slots(lake.from_s, lake.to_s)
    complete = sorted(run.slot for run in lake.runs.values() if run.status == "complete")
    inside = {key: [o for o in own if o.slot in good] for key, own in groups.items()}
    total = sum(o.viewers * lake.runs[o.slot].cadence_s for own in inside.values() for o in own)
    rows = question.ask()["data"]
    assert {row["id"] for row in rows} == {key for key, own in inside.items() if own} and len(rows) > 10
    for row in rows:
        one, own = Sum(), groups[row["id"]]
        for o in inside[row["id"]]:
            one.add(o, lake.runs[o.slot].cadence_s, o.slot in used, 1)
        wanted = one.metrics(1, total)
        assert all(same(row[metric], wanted[metric]) for metric in CHANNEL), (row, wanted)
        last = max(o.slot for o in own)
        ended = next((slot for slot in complete if slot > last), None)
        assert row["first_seen_at"] == stamp(min(o.slot for o in own), question.zone), row
        assert row["last_seen_at"] == stamp(last, question.zone), row
        assert row["ended_at"] == (stamp(ended, question.zone) if ended is not None else None), row


def concentration(lake):
    language = Question(lake, "languages").ask(limit=1)["data"][0]["id"]
    for chosen in ((), (f"-language:{language}",)):
        question = Question(lake, "concentration", filter=chosen)
        good = question.slots(lake.from_s, lake.to_s)[0]
        sums = collections.Counter()
        for i in lake.passing(chosen, good):
            o = lake.observations[i]
            sums[o.broadcaster] += o.viewers * lake.runs[o.slot].cadence_s
        v, total = sorted(sums.values()), sum(sums.values())
        hhi = sum((x / total) ** 2 for x in v)
        n = len(v)
        wanted = {"channels": n, "hours_watched": total / HOUR, "hhi": hhi, "effective_channels": 1 / hhi,
                  "gini": sum((2 * i - n - 1) * x for i, x in enumerate(v, 1)) / (n * total),
                  "top_1": v[-1] / total, "top_10": sum(v[-10:]) / total, "top_100": sum(v[-100:]) / total}
        row = question.ask()["data"][0]
        assert all(same(row[name], value) for name, value in wanted.items()), (row, wanted)


def coverage_of_buckets(lake):
    zone = zoneinfo.ZoneInfo("Europe/Berlin")
    step_s = next(iter(lake.runs.values())).cadence_s
    for grain in ("hour", "day"):
        wanted = collections.defaultdict(lambda: [0, 0])
        for slot in range(-(-lake.from_s // step_s) * step_s, lake.to_s, step_s):
            wanted[stamp(bucket_of(slot, grain, zone), zone)][0] += 1
            wanted[stamp(bucket_of(slot, grain, zone), zone)][1] += (
                slot in lake.runs and lake.runs[slot].status in ("complete", "partial"))
        rows = Question(lake, "coverage", grain=grain, tz="Europe/Berlin").ask()["data"]
        assert {row["time"]: [row["expected"], row["good"]] for row in rows} == wanted, grain


def pages(lake):
    """Of every resource that has them, however they are sorted: together they are the whole."""
    for what, limit, params in (
            ("categories", 90, {"sort": "peak_viewers"}), ("broadcasters", 397, {"sort": "average_viewers_while_live"}),
            ("genres", 60, {"by": "language"}), ("sessions", 311, {"sort": "samples"}), ("runs", 31, {}),
            ("coverage", 5, {"grain": "hour", "tz": "Asia/Kolkata"}), ("samples", 1777, {})):
        question = Question(lake, what, **params)
        whole, found, cursor = question.ask()["data"], [], {}
        while cursor is not None:
            page = question.ask(limit=limit, **cursor)
            assert len(page["data"]) <= limit
            found += page["data"]
            cursor = {"cursor": page["meta"]["next"]} if "next" in page["meta"] else None
        assert found == whole and len(whole) > 0, (what, len(found), len(whole))


CASES = (rankings, attribution, buckets, a_series_of_the_largest, filters, compared_with_before, sessions,
         concentration, coverage_of_buckets, pages)


def demo_lake(livelake, simulator, folder):
    program = fill(livelake, simulator, folder / "demo")
    first = json.loads(program.must("query", "SELECT min(slot) AS s FROM run", "--json"))["data"][0]["s"]
    return Lake(program, first + 36 * HOUR, first + 3 * DAY)


def imported_lake(livelake, folder):
    """From 2025-10-25 05:00 UTC on; Berlin's clocks go back on the 26th at 01:00 UTC."""
    capture = folder / "capture"
    subprocess.run([TESTS / "origin/make-capture", capture, "--slots", "288", "--streams", "40", "--seed", "3",
                    "--start", "2025-10-24T22:00"], check=True, stdout=subprocess.DEVNULL)
    program = Program(livelake, folder / "imported")
    program.must("import", "origin", str(capture), "--timezone", "America/Los_Angeles", "--no-overrides")
    turn = int(datetime.datetime(2025, 10, 26, 1, tzinfo=datetime.timezone.utc).timestamp())
    return Lake(program, turn - 2 * HOUR, turn + 40 * HOUR)


def main():
    livelake, simulator = (pathlib.Path(word).resolve() for word in sys.argv[1:3])
    tap = Tap(2 * len(CASES))
    with tempfile.TemporaryDirectory(prefix="livelake-numbers-") as folder:
        folder = pathlib.Path(folder)
        for name, lake in (("demo", demo_lake(livelake, simulator, folder)), ("import", imported_lake(livelake, folder))):
            for case in CASES:
                tap.case(f"{name}: {case.__name__.replace('_', ' ')}", case, lake)
            lake.server.stop()
    tap.end()


if __name__ == "__main__":
    main()

"""Writes delays.html, a page of its own with a picture: report.py PLAUSIBLE. Reads hours.csv, airports.csv and the CSV files in the folder flights."""

import csv
import sys
from html import escape
from math import ceil, floor
from pathlib import Path
from statistics import mean

LATE_MIN = 15
# The picture, in units of its own.
WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 720, 300, 44, 24, 44
FEW = 30
# A day of flights begins at four, and its last planes leave after midnight.
DAY = [*range(4, 24), *range(4)]

STYLE = """
:root { color-scheme: light dark; --ink: #1c2733; --soft: #5d6b7a; --line: #d8dee5; --page: #fff; --bar: #3d7ea6; --worst: #d1603d; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6ebf0; --soft: #9aa8b6; --line: #33404d; --page: #14191f; --bar: #6fb1d8; --worst: #f0875f; }
}
body { margin: 0 auto; max-width: 46rem; padding: 2.5rem 1.25rem; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
h1 { margin: 0; font-size: 1.7rem; letter-spacing: -0.01em; }
p { margin: 0.5rem 0 1.5rem; color: var(--soft); }
dl { display: flex; flex-wrap: wrap; gap: 1rem 2.5rem; margin: 0 0 2rem; }
dt { color: var(--soft); font-size: 0.85rem; }
dd { margin: 0; font-size: 1.5rem; font-weight: 600; font-variant-numeric: tabular-nums; }
figure { margin: 0 0 2rem; }
figcaption { margin-bottom: 0.5rem; font-weight: 600; }
svg { display: block; width: 100%; height: auto; font: 12px system-ui, sans-serif; fill: var(--soft); }
svg line { stroke: var(--line); }
svg .zero { stroke: var(--soft); }
.bar { fill: var(--bar); }
.few { fill: var(--bar); opacity: 0.35; }
.worst { fill: var(--worst); }
.label { fill: var(--ink); font-weight: 600; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 0.4rem 0.5rem; border-bottom: 1px solid var(--line); text-align: right; }
th { color: var(--soft); font-size: 0.85rem; font-weight: 400; }
th:first-child, td:first-child { padding-left: 0; text-align: left; }
"""


def read(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def picture(hours):
    """Bars of the mean delay, one for each hour of the day."""
    means = {int(row["hour"]): float(row["mean_delay_min"]) for row in hours}
    many = [int(row["hour"]) for row in hours if int(row["flights"]) >= FEW]
    worst = max(many, key=means.get, default=None)
    # Hours with a handful of flights do not set the scale: their bars may be cut off.
    known = [means[hour] for hour in many] or [0]
    top, low = 10 * max(1, ceil(max(known) / 10)), 5 * min(0, floor(min(known) / 5))
    slot = (WIDTH - LEFT) / 24

    def y(value):
        return round(TOP + (top - max(low, min(top, value))) / (top - low) * (HEIGHT - TOP - BOTTOM), 1)

    parts = []
    for tick in range(0, top + 1, 10):
        kind = ' class="zero"' if tick == 0 else ""
        parts.append(f'<line{kind} x1="{LEFT}" x2="{WIDTH}" y1="{y(tick)}" y2="{y(tick)}"/><text x="{LEFT - 8}" y="{y(tick) + 4}" text-anchor="end">{tick}</text>')
    for place, hour in enumerate(DAY):
        x = round(LEFT + place * slot, 1)
        centre = round(x + slot / 2, 1)
        if hour in means:
            kind = "worst" if hour == worst else "bar" if hour in many else "few"
            box = f'x="{round(x + 3, 1)}" y="{min(y(means[hour]), y(0))}" width="{round(slot - 6, 1)}" height="{round(abs(y(means[hour]) - y(0)), 1)}" rx="2"'
            parts.append(f'<rect class="{kind}" {box}><title>{hour}:00 to {hour}:59: {means[hour]} min</title></rect>')
        if hour == worst:
            parts.append(f'<text class="label" x="{centre}" y="{y(means[hour]) - 7}" text-anchor="middle">{means[hour]}</text>')
        if hour % 3 == 0:
            parts.append(f'<text x="{centre}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{hour}:00</text>')
    parts.append(f'<text x="{WIDTH}" y="{HEIGHT - 6}" text-anchor="end">hour of departure; pale where there are fewer than {FEW} flights</text>')
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="Mean delay by hour of departure">' + "\n".join(parts) + "</svg>"


def airport_row(path, cities):
    flights = read(path)
    if not flights:
        return ""
    origin = flights[0]["origin"]
    delays = [int(flight["delay"]) for flight in flights]
    late = 100 * sum(delay > LATE_MIN for delay in delays) / len(delays)
    cells = [f"{origin}, {cities.get(origin, origin)}", f"{len(delays):,}", f"{mean(delays):.1f}", f"{late:.1f}"]
    return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"


def main(plausible):
    hours = read("hours.csv")
    cities = {row["iata"]: row["city"] for row in read("airports.csv")}
    airports = [row for row in (airport_row(path, cities) for path in sorted(Path("flights").iterdir())) if row]
    count = sum(int(row["flights"]) for row in hours)
    delay = sum(int(row["flights"]) * float(row["mean_delay_min"]) for row in hours) / count
    numbers = {"Flights": f"{count:,}", "Airports": str(len(airports)), "Mean delay": f"{delay:.1f} min", "Plausible": f"{plausible} %"}
    page = f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Flight delays</title>
<style>{STYLE}</style>
<h1>The later, the later</h1>
<p>Departure delays from January to March 2001. A delay in the morning is handed on all day.</p>
<dl>{"".join(f"<div><dt>{name}</dt><dd>{escape(value)}</dd></div>" for name, value in numbers.items())}</dl>
<figure>
<figcaption>Mean delay in minutes</figcaption>
{picture(hours)}
</figure>
<table>
<tr><th>Airport</th><th>Flights</th><th>Mean delay, min</th><th>Later than {LATE_MIN} min, %</th></tr>
{chr(10).join(airports)}
</table>
</html>
"""
    with open("delays.html", "w", encoding="utf-8") as file:
        file.write(page)
    print(f"wrote a page about {count} flights of {len(airports)} airports")


if __name__ == "__main__":
    main(sys.argv[1])

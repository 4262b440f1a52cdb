"""Writes routes.html, a page about the busiest routes: routes_page.py FLIGHTS. Reads routes.csv in the working directory."""

import csv
import sys
from html import escape

STYLE = """
:root { color-scheme: light dark; --bar: #3d7ea6; }
@media (prefers-color-scheme: dark) { :root { --bar: #6fb1d8; } }
body { margin: 2rem auto; max-width: 50rem; padding: 0 1rem; font: 16px/1.5 system-ui, sans-serif; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 0.25rem 0.5rem; text-align: left; }
th { font-weight: 400; opacity: 0.65; }
td:last-child { width: 45%; }
svg { display: block; width: 100%; height: 1em; fill: var(--bar); }
"""


def row_of(route, most):
    share = 100 * int(route["flights"]) / most
    bar = f'<svg viewBox="0 0 100 10" preserveAspectRatio="none"><rect width="{share:.1f}" height="10"/></svg>'
    cells = [escape(route["from"]), escape(route["to"]), f"{int(route['flights']):,}", f"{float(route['late_percent']):.1f}", bar]
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def main(flights):
    with open("routes.csv", newline="", encoding="utf-8") as file:
        routes = list(csv.DictReader(file))
    most = int(routes[0]["flights"])
    rows = "\n".join(row_of(route, most) for route in routes)
    with open("routes.html", "w", encoding="utf-8") as file:
        file.write(f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>The busiest routes</title>
<style>{STYLE}</style>
<h1>The busiest routes of {flights:,} flights</h1>
<table>
<tr><th>From</th><th>To</th><th>Flights</th><th>Late, %</th><th></th></tr>
{rows}
</table>
</html>
""")
    print(f"wrote a page about {len(routes)} routes")


if __name__ == "__main__":
    main(int(sys.argv[1]))

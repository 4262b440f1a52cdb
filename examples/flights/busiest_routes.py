"""Reads flights.json and airports.csv in the working directory and writes the busiest routes as routes.csv."""

import argparse
import csv
import json
import os
import time
from collections import defaultdict
from statistics import mean, median

PARTS = 10


def progress(text):
    """The last line of this file is what people see while the job runs."""
    with open(os.environ["LONGSHORE_PROGRESS"], "a", encoding="utf-8") as file:
        file.write(text + "\n")


def output(name, value):
    """A value of the job's result: name=json, a line each."""
    with open(os.environ["LONGSHORE_OUTPUT"], "a", encoding="utf-8") as file:
        file.write(f"{name}={json.dumps(value)}\n")


def read_cities(path):
    with open(path, newline="", encoding="utf-8") as file:
        return {row["iata"]: f"{row['city']} {row['state']}" for row in csv.DictReader(file)}


def group_by_route(flights, pause):
    routes = defaultdict(list)
    size = -(-len(flights) // PARTS)
    for start in range(0, len(flights), size):
        for flight in flights[start : start + size]:
            # A route counts both ways.
            routes[tuple(sorted((flight["origin"], flight["destination"])))].append(flight)
        done = min(start + size, len(flights))
        progress(f"{100 * done // len(flights)} %")
        print(f"{done} of {len(flights)} flights, {len(routes)} routes")
        time.sleep(pause)
    return routes


def rows_of(routes, cities, top):
    # The number of flights decides; among equals the name, so that every run writes the same file.
    busiest = sorted(routes.items(), key=lambda item: (-len(item[1]), item[0]))[:top]
    for (a, b), flights in busiest:
        delays = [flight["delay"] for flight in flights]
        yield {
            "route": f"{a}-{b}",
            "from": cities.get(a, a),
            "to": cities.get(b, b),
            "flights": len(flights),
            "mean_delay_min": round(mean(delays), 1),
            "median_delay_min": median(delays),
            "late_percent": round(100 * sum(delay > 15 for delay in delays) / len(delays), 1),
            "distance_mi": flights[0]["distance"],
        }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--top", type=int, default=20)
    parser.add_argument("--pause", type=float, default=0, help="seconds between parts, to watch it work")
    options = parser.parse_args()

    progress("reading flights and airports")
    cities = read_cities("airports.csv")
    with open("flights.json", encoding="utf-8") as file:
        flights = json.load(file)
    rows = list(rows_of(group_by_route(flights, options.pause), cities, options.top))
    with open("routes.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    output("rows", len(rows))
    output("flights", len(flights))
    print(f"wrote {len(rows)} routes of {len(flights)} flights")


if __name__ == "__main__":
    main()

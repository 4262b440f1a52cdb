"""Writes the flights that leave an airport as AIRPORT.csv. Reads flights.json and airports.csv in the working directory."""

import csv
import difflib
import json
import os
import sys


def main(airport):
    with open("airports.csv", newline="", encoding="utf-8") as file:
        cities = {row["iata"]: row["city"] for row in csv.DictReader(file)}
    with open("flights.json", encoding="utf-8") as file:
        flights = json.load(file)
    if airport not in cities:
        served = sorted({flight["origin"] for flight in flights})
        near = [f"{code} ({cities[code]})" for code in difflib.get_close_matches(airport, served, n=3, cutoff=0.5)]
        sys.exit(f"there is no airport {airport}; near it are {', '.join(near) or 'none'}")

    rows = [flight for flight in flights if flight["origin"] == airport]
    with open(f"{airport}.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=["date", "origin", "destination", "delay", "distance"], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    with open(os.environ["LONGSHORE_OUTPUT"], "a", encoding="utf-8") as file:
        file.write(f"rows={len(rows)}\n")
    print(f"{len(rows)} of {len(flights)} flights leave {cities[airport]}")


if __name__ == "__main__":
    main(sys.argv[1])

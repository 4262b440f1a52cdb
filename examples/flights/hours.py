"""Counts the flights of one part of the day by hour, as PART.csv: hours.py PART FROM UNTIL. Reads the CSV files in the folder flights."""

import csv
import sys
from collections import defaultdict
from pathlib import Path

LATE_MIN = 15


def main(part, begin, end):
    delays = defaultdict(list)
    for path in sorted(Path("flights").iterdir()):
        with path.open(newline="", encoding="utf-8") as file:
            for flight in csv.DictReader(file):
                # "2001/01/31 17:05"
                hour = int(flight["date"][11:13])
                if begin <= hour < end:
                    delays[hour].append(int(flight["delay"]))

    with open(f"{part}.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["part", "hour", "flights", "delay_min", "late"])
        for hour, minutes in sorted(delays.items()):
            writer.writerow([part, hour, len(minutes), sum(minutes), sum(delay > LATE_MIN for delay in minutes)])
    print(f"{sum(map(len, delays.values()))} flights leave in the {part}")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))

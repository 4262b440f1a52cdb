"""Says how many percent of the flights have a plausible delay, and writes the others as suspects.csv. Reads the CSV files in the folder flights."""

import argparse
import csv
import os
import sys
from pathlib import Path

# Nobody leaves half an hour early, and who is more than four hours late has another story to tell.
EARLIEST_MIN, LATEST_MIN = -30, 240


def main(least):
    flights = []
    for path in sorted(Path("flights").iterdir()):
        with path.open(newline="", encoding="utf-8") as file:
            flights.extend(csv.DictReader(file))
    suspects = [flight for flight in flights if not EARLIEST_MIN <= int(flight["delay"]) <= LATEST_MIN]
    with open("suspects.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(flights[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(suspects)

    plausible = round(100 * (1 - len(suspects) / len(flights)), 2)
    with open(os.environ["LONGSHORE_OUTPUT"], "a", encoding="utf-8") as file:
        file.write(f"plausible={plausible}\nflights={len(flights)}\n")
    print(f"{plausible} % of {len(flights)} flights are plausible, {len(suspects)} are not")
    if plausible < least:
        sys.exit(f"that is less than {least} %")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--least", type=float, default=0, help="fail below this percentage")
    main(parser.parse_args().least)

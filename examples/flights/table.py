"""Makes one table of the parts of the day, hours.csv, and says which hour is the worst. Reads the CSV files in the folder parts."""

import csv
import os
from pathlib import Path

FEW = 30


def main():
    rows = []
    for path in sorted(Path("parts").iterdir()):
        with path.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                flights = int(row["flights"])
                mean = round(int(row["delay_min"]) / flights, 1)
                late = round(100 * int(row["late"]) / flights, 1)
                rows.append({"hour": int(row["hour"]), "part": row["part"], "flights": flights, "mean_delay_min": mean, "late_percent": late})
    # A day of flights begins at four, and its last planes leave after midnight.
    rows.sort(key=lambda row: (row["hour"] - 4) % 24)
    with open("hours.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)

    # An hour with a handful of flights says nothing.
    worst = max((row for row in rows if row["flights"] >= FEW), key=lambda row: row["mean_delay_min"], default=rows[0])
    with open(os.environ["LONGSHORE_OUTPUT"], "a", encoding="utf-8") as file:
        file.write(f"worst={worst['hour']}\n")
    print(f"{len(rows)} hours; the worst begins at {worst['hour']}:00 with {worst['mean_delay_min']} minutes on average")


if __name__ == "__main__":
    main()

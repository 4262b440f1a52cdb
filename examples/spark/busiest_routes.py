"""Reads flights (JSON or Parquet) with Spark and writes the busiest routes as routes.csv: examples/flights for millions of flights."""

import argparse
import csv
import io
import json
import os

from pyspark.sql import SparkSession
from pyspark.sql import functions as F


def write(spark, name, text):
    """An output: a file of this name in $LONGSHORE_OUTPUT_DIR, which may be on any file system that Hadoop knows."""
    path = spark._jvm.org.apache.hadoop.fs.Path(os.environ["LONGSHORE_OUTPUT_DIR"], name)
    stream = path.getFileSystem(spark._jsc.hadoopConfiguration()).create(path)
    stream.write(text.encode("utf-8"))
    stream.close()


def read_cities(path):
    with open(path, newline="", encoding="utf-8") as file:
        return {row["iata"]: f"{row['city']} {row['state']}" for row in csv.DictReader(file)}


def read_flights(spark, path):
    if path.endswith(".json"):
        return spark.read.json(path, schema="delay long, distance long, origin string, destination string", multiLine=True)
    return spark.read.parquet(path)


def busiest(flights, top):
    # A route counts both ways. Among equals the name decides, so that every run writes the same file.
    ends = F.array_sort(F.array("origin", "destination"))
    routes = flights.groupBy(ends[0].alias("a"), ends[1].alias("b")).agg(
        F.count("*").alias("flights"),
        F.sum("delay").alias("delay"),
        F.percentile("delay", 0.5).alias("median"),
        F.sum((F.col("delay") > 15).cast("long")).alias("late"),
        F.min("distance").alias("distance"),
    )
    return routes.orderBy(F.desc("flights"), "a", "b").limit(top).collect()


def row_of(route, cities):
    count = route["flights"]
    return {
        "route": f"{route['a']}-{route['b']}",
        "from": cities.get(route["a"], route["a"]),
        "to": cities.get(route["b"], route["b"]),
        "flights": count,
        "mean_delay_min": round(route["delay"] / count, 1),
        "median_delay_min": int(route["median"]) if count % 2 else route["median"],
        "late_percent": round(100 * route["late"] / count, 1),
        "distance_mi": route["distance"],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--top", type=int, default=20)
    # What is given as `files` lies in the driver's folder, and for everybody in Spark's staging folder.
    parser.add_argument("--flights", default="flights-3m.parquet", help="a name among `files`, or an address such as hdfs:///data/flights")
    options = parser.parse_args()

    spark = SparkSession.builder.getOrCreate()
    path = options.flights if ":" in options.flights else f"{os.environ['SPARK_YARN_STAGING_DIR']}/{options.flights}"
    flights = read_flights(spark, path)
    cities = read_cities("airports.csv")
    rows = [row_of(route, cities) for route in busiest(flights, options.top)]
    count = flights.count()
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    write(spark, "routes.csv", text.getvalue())
    write(spark, "values", f"rows={json.dumps(len(rows))}\nflights={json.dumps(count)}\n")
    print(f"wrote {len(rows)} routes of {count} flights")
    spark.stop()


if __name__ == "__main__":
    main()

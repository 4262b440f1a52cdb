# The driver of Spark jobs of run type sql: runs the statements of a file one after the other and prints the rows that they give.
#
#   longshore_sql.py FILE
#
# Rows go to stdout as lines with a tab between columns. What goes wrong goes to stderr, with the statement's number and line, and ends the job.
import sys


def statements(text):
    """(line, statement) of each statement: ends at a ";" outside of quotes and comments. A script, BEGIN … END, is one statement."""
    found, start, at, first, line = [], 0, 0, None, 1

    def finish(end):
        if first is not None:
            found.append((first, text[start:end].strip()))

    while at < len(text):
        char, two = text[at], text[at : at + 2]
        if two == "--":
            end = text.find("\n", at)
            end = len(text) if end < 0 else end
        elif two == "/*":
            end = comment(text, at)
        elif char in "'\"`":
            first = first or line
            raw = char != "`" and text[max(at - 1, 0) : at] in ("r", "R") and not text[max(at - 2, 0) : max(at - 1, 0)].isidentifier()
            end = quoted(text, at, raw)
        else:
            end = at + 1
            if char == ";":
                finish(at)
                start, first = end, None
            elif not char.isspace() and first is None:
                first = line
                word = text[at : at + 6]
                if not found and word[:5].upper() == "BEGIN" and not word[5:].isidentifier():
                    return [(line, text[at:].strip())]
        line += text.count("\n", at, end)
        at = end
    finish(len(text))
    return found


def comment(text, at):
    """End of a bracketed comment, which may hold others."""
    depth = 0
    while at < len(text):
        two = text[at : at + 2]
        depth += {"/*": 1, "*/": -1}.get(two, 0)
        at += 2 if two in ("/*", "*/") else 1
        if depth == 0:
            return at
    return at


def quoted(text, at, raw):
    """End of a string or a name in quotes. A backslash hides what follows it, but in names and raw strings."""
    quote = text[at]
    at += 1
    while at < len(text):
        if text[at] == "\\" and quote != "`" and not raw:
            at += 2
        elif text[at] == quote:
            return at + 1
        else:
            at += 1
    return len(text)


ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def cell(value):
    return "NULL" if value is None else value.translate(ESCAPES)


def run(spark, statement, out):
    rows = spark.sql(statement)
    if not rows.columns:
        return
    # Names may repeat; as text every type is what Spark's own shell shows.
    rows = rows.toDF(*[f"c{number}" for number in range(len(rows.columns))])
    for row in rows.select(*[rows[name].cast("string") for name in rows.columns]).toLocalIterator():
        out.write("\t".join(cell(value) for value in row) + "\n")
    out.flush()


def main(path):
    with open(path, encoding="utf-8-sig") as file:
        text = file.read()
    import logging

    from pyspark.sql import SparkSession

    # PySpark would log each error to the same place as the rows.
    logging.disable(logging.CRITICAL)

    spark = SparkSession.builder.getOrCreate()
    sys.stdout.reconfigure(encoding="utf-8")
    for number, (line, statement) in enumerate(statements(text), 1):
        try:
            run(spark, statement, sys.stdout)
        except Exception as error:
            sys.stdout.flush()
            # Python's own stderr would land among the rows: Spark writes both of a Python driver to stdout.
            spark._jvm.java.lang.System.err.println(f"statement {number}, line {line}: {error}")
            spark.stop()
            sys.exit(1)
    spark.stop()


if __name__ == "__main__":
    main(sys.argv[1])

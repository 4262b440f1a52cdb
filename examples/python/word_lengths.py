"""Prints how often each word length occurs in the files named."""

import sys
from collections import Counter

lengths = Counter()
for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as file:
        lengths.update(len(word) for word in file.read().split())
for length, count in sorted(lengths.items()):
    print(f"{length}\t{count}")

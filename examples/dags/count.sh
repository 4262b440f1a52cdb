# Counts the ships of a harbour: here as many as its name has letters.
echo "counting $1"
echo "ships=${#1}" >> "$LONGSHORE_OUTPUT"

# Adds up what it is given, such as 7+9+7.
echo "ships=$(($1))" >> "$LONGSHORE_OUTPUT"

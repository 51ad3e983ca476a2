"""What the operator's commands share: the way to a floor, their options, and how answers are shown."""

"""What the owner writes: saved replies, their variables, their length, and the checks before they leave."""

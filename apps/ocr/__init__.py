"""Recognition: a photo of a prescription becomes a proposal that a person confirms."""

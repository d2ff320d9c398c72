"""Five rooms from a photo to a proposal: preprocess, layout, recognition (engines), postprocess, formatter."""

"""Item workflows: each object below a prefix, such as an image, through steps of its own, by one of two versions.

split → for each item: preprocess → predict by version a or b → store → compare → notify

The state machine of terraform/modules/batch has the order, and what is retried and caught; here is what each step does.
A run is a folder, `workflows/<run>/`, of the batch bucket. docs/workflows.md.
"""

"""Procedural 3D heads seen by an oblique camera, with 14 landmarks exact by construction: the built-in faces.

Their fissures, noses, philtra and heights of the face follow published norms by age and sex (`measuring/norms.csv`).

A subject and its scans are functions of (seed, subject, scan). Pictures are rendered once, on all cores, into a folder
that is named by the settings and can be read like a data set of one's own (`landmarks.csv` and images).
"""

from rtl_tf.datasets.synthetic.rendered import recipe, samples

__all__ = ["recipe", "samples"]

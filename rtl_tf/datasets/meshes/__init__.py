"""Triangle meshes with photographs on them, as 3dMD's scanners export them: Wavefront OBJ, MTL and images."""

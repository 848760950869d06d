"""x"""


def encoder(*a):
    raise NotImplementedError

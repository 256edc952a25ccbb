"""`millrace doctor`: is a stack whole, from the credentials to the predictions, and if not, how is it mended?

Start reading at `examination`: it asks AWS, and has each answer judged by a small pure function in `checks/`.
"""

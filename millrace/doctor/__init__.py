"""`millrace doctor`: is a stack whole, from the credentials to the predictions, and if not, how to fix it?

Start reading at `examination`: it asks AWS, and has each answer judged by a small pure function in `checks/`.
"""

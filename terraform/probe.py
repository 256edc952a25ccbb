import boto3, json, subprocess, time, sys
out={k:v["value"] for k,v in json.loads(subprocess.check_output(["terraform","-chdir=/work/main/terraform","output","-json"])).items()}
t=out["event_topic"]; 
sns=boto3.client("sns"); s3=boto3.client("s3"); sqs=boto3.client("sqs"); k=boto3.client("kinesis"); logs=boto3.client("logs")
sns.publish(TopicArn=t["arn"],Message="good"); sns.publish(TopicArn=t["arn"],Message="boom")
k.put_record(StreamName=out["event_stream"]["name"],Data=b"ok",PartitionKey="a"); k.put_record(StreamName=out["event_stream"]["name"],Data=b"boom",PartitionKey="b")
b=out["failure_store"]["bucket"]
end=time.time()+int(sys.argv[1]) 
while time.time()<end:
    keys=[o["Key"] for o in s3.list_objects_v2(Bucket=b).get("Contents",[])]
    d=sqs.get_queue_attributes(QueueUrl=t["undelivered_queue_url"],AttributeNames=["ApproximateNumberOfMessages"])["Attributes"]["ApproximateNumberOfMessages"]
    if len(keys)>=int(sys.argv[2]) and int(d)>=int(sys.argv[3]): break
    time.sleep(1)
print(t["delivery"], keys, "dlq", d, "s left", end-time.time())
for key in keys: print(s3.get_object(Bucket=b,Key=key)["Body"].read()[:400])
for s in logs.describe_log_streams(logGroupName=out["scorer"]["log_group"])["logStreams"][:3]: print(s["logStreamName"])
